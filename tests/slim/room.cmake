set(room_components json)
