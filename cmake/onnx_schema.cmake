# ONNX's protobuf schema (third_party/onnx/onnx-ml.proto, put there by scripts/setup) as a library.
set(ONNX_PROTO ${CMAKE_SOURCE_DIR}/third_party/onnx/onnx-ml.proto)
if(NOT EXISTS ${ONNX_PROTO})
  message(FATAL_ERROR "${ONNX_PROTO} is missing; run scripts/setup first")
endif()
find_program(PROTOC protoc REQUIRED)
set(ONNX_SCHEMA_DIR ${CMAKE_BINARY_DIR}/onnx)
file(MAKE_DIRECTORY ${ONNX_SCHEMA_DIR})
add_custom_command(
  OUTPUT ${ONNX_SCHEMA_DIR}/onnx-ml.pb.cc ${ONNX_SCHEMA_DIR}/onnx-ml.pb.h
  COMMAND ${PROTOC} -I${CMAKE_SOURCE_DIR}/third_party/onnx --cpp_out=${ONNX_SCHEMA_DIR} onnx-ml.proto
  DEPENDS ${ONNX_PROTO})
add_library(onnx-schema STATIC ${ONNX_SCHEMA_DIR}/onnx-ml.pb.cc)
target_include_directories(onnx-schema SYSTEM PUBLIC ${ONNX_SCHEMA_DIR})
target_link_libraries(onnx-schema PUBLIC protobuf-lite)
