# One libFuzzer program a reader: fuzz_<reader>. Needs clang; preset fuzz.
foreach(reader onnx npy npz jpeg png encodings toml)
  add_executable(fuzz_${reader} fuzz/libfuzzer/main.cpp fuzz/readers.cpp)
  target_include_directories(fuzz_${reader} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(fuzz_${reader} PRIVATE halftone-core)
  target_compile_definitions(fuzz_${reader} PRIVATE HALFTONE_FUZZ_READER="${reader}" HALFTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  halftone_compile_options(fuzz_${reader})
  target_link_options(fuzz_${reader} PRIVATE -fsanitize=fuzzer)
endforeach()
