// The files of data/ (OpenCC 1.1.9's configurations and dictionaries), inside this library.
// Owner: plugins/chinese. Constant data, any thread.
#pragma once

#include <string_view>

namespace ophost::chinese {

// The bytes of "s2t.json", "STPhrases.ocd2", ...; empty when there is no such file.
std::string_view embedded_file(std::string_view name);

}  // namespace ophost::chinese
