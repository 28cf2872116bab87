# libFuzzer's program, and fuzz_seeds, which writes the valid files that it begins with. Needs clang; preset fuzz. Only what
# reads files is compiled: the rooms up to formats, and single files beyond.
file(GLOB reading CONFIGURE_DEPENDS src/base/*.cpp src/tensor/*.cpp src/graph/*.cpp src/targets/*.cpp src/formats/*/*.cpp)

# Of the operators reading needs what they are called and which types they make: no need to watch them.
file(GLOB operators CONFIGURE_DEPENDS src/operators/*.cpp)
add_library(halftone-operators OBJECT ${operators})
target_include_directories(halftone-operators PRIVATE src)
target_link_libraries(halftone-operators PRIVATE fmt::fmt)
target_precompile_headers(halftone-operators PRIVATE src/operators/operator.h)  # two hundred small files: half their build time
target_compile_options(halftone-operators PRIVATE -O0 -Xclang -fno-pch-timestamp)  # so that ccache takes them

add_library(halftone-readers STATIC ${reading} ${HALFTONE_EMBEDDED_TARGETS} src/data/picture.cpp src/data/jpeg.cpp src/data/png.cpp src/data/labels.cpp
  src/cli/config_file.cpp tests/fuzz/readers.cpp)
target_include_directories(halftone-readers PUBLIC src tests)
target_link_libraries(halftone-readers PUBLIC halftone-operators fmt::fmt onnx-schema JPEG::JPEG PNG::PNG ZLIB::ZLIB)
target_compile_definitions(halftone-readers PUBLIC HALFTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
halftone_compile_options(halftone-readers)
target_compile_options(halftone-readers PRIVATE -O0)  # most of a short run is compiling

add_executable(fuzz_seeds tests/fuzz/libfuzzer/seeds.cpp)
target_link_libraries(fuzz_seeds PRIVATE halftone-readers)
halftone_compile_options(fuzz_seeds)

add_executable(fuzz tests/fuzz/libfuzzer/main.cpp)
target_link_libraries(fuzz PRIVATE halftone-readers)
halftone_compile_options(fuzz)
target_link_options(fuzz PRIVATE -fsanitize=fuzzer)
