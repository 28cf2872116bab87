// libFuzzer's entry: fuzz READER [libFuzzer's flags] [CORPUS]. One program for all readers, as linking takes longer than the rest.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "fuzz/readers.h"
#include "support/temporary_folder.h"

using namespace halftone;

namespace {

const test::Reader* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  for (const test::Reader& reader : test::readers()) {
    if (*count > 1 && std::string_view(reader.name) == (*arguments)[1]) chosen = &reader;
  }
  if (chosen == nullptr) {
    std::fputs("usage: fuzz READER [FLAGS] [CORPUS]; readers:", stderr);
    for (const test::Reader& reader : test::readers()) std::fprintf(stderr, " %s", reader.name);
    std::fputs("\n", stderr);
    std::exit(2);
  }
  (*arguments)[1] = (*arguments)[0];
  ++*arguments;
  --*count;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const test::TemporaryFolder folder;
  const std::string name = "damaged.toml";  // targets are known by that; others do not look at it
  try {
    chosen->read(folder.write(name, {reinterpret_cast<const char*>(bytes), size}));
  } catch (const Error&) {
  }
  return 0;
}
