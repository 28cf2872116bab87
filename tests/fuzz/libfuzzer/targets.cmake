# One libFuzzer program a reader: fuzz_<reader>; and fuzz_seeds, which writes the valid files that they begin with. Needs clang;
# preset fuzz. Only what reads files is compiled: the rooms up to formats, and single files beyond.
file(GLOB reading CONFIGURE_DEPENDS src/base/*.cpp src/tensor/*.cpp src/graph/*.cpp src/targets/*.cpp src/operators/*.cpp src/formats/*/*.cpp)
add_library(halftone-readers STATIC ${reading} ${HALFTONE_EMBEDDED_TARGETS} src/data/picture.cpp src/data/jpeg.cpp src/data/png.cpp src/data/labels.cpp
  src/cli/config_file.cpp tests/fuzz/readers.cpp)
target_include_directories(halftone-readers PUBLIC src tests)
target_link_libraries(halftone-readers PUBLIC fmt::fmt onnx-schema JPEG::JPEG PNG::PNG ZLIB::ZLIB)
target_compile_definitions(halftone-readers PUBLIC HALFTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_precompile_headers(halftone-readers PRIVATE src/operators/operator.h)  # two hundred small files: half their build time
halftone_compile_options(halftone-readers)

add_executable(fuzz_seeds tests/fuzz/libfuzzer/seeds.cpp)
target_link_libraries(fuzz_seeds PRIVATE halftone-readers)
halftone_compile_options(fuzz_seeds)

foreach(reader onnx npy npz jpeg png encodings toml config)
  add_executable(fuzz_${reader} tests/fuzz/libfuzzer/main.cpp)
  target_link_libraries(fuzz_${reader} PRIVATE halftone-readers)
  target_compile_definitions(fuzz_${reader} PRIVATE HALFTONE_FUZZ_READER="${reader}")
  halftone_compile_options(fuzz_${reader})
  target_link_options(fuzz_${reader} PRIVATE -fsanitize=fuzzer)
endforeach()
