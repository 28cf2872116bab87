// libFuzzer's entry: HALFTONE_FUZZ_READER names the reader of readers.cpp.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "fuzz/readers.h"
#include "support/temporary_folder.h"

using namespace halftone;

namespace {

const test::Reader& chosen_reader() {
  for (const test::Reader& reader : test::readers()) {
    if (std::string_view(reader.name) == HALFTONE_FUZZ_READER) return reader;
  }
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const test::TemporaryFolder folder;
  static const test::Reader& reader = chosen_reader();
  const std::string name = "damaged.toml";  // targets are known by that; others do not look at it
  try {
    reader.read(folder.write(name, {reinterpret_cast<const char*>(bytes), size}));
  } catch (const Error&) {
  }
  return 0;
}
