# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(safetensors_test_components json)
set(torch_test_components zip)
set(npz_test_components zip)
set(onnx_test_components onnx zip)
set(onnx_external_test_components onnx)
set(onnx_hostile_test_components onnx)
set(native_test_components json)
set(load_state_test_components zip)
set(room_sources ../support/memory_meter.cpp)
