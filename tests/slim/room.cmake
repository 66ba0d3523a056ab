set(room_components json)
set(data_test_components data json)
