# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(mnist_test_components data)
set(svhn_test_components data)
set(image_codec_test_components data)
set(image_folder_test_components data)
