// Checks of flag values: each answers "" or what is wrong, in a sentence. They know nothing of the parser.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace halftone::cli {

using Check = std::function<std::string(const std::string& text)>;

Check whole_number(long long least, long long most);
Check real_number(double least, double most);
Check one_of(const std::vector<std::string>& names);

}  // namespace halftone::cli
