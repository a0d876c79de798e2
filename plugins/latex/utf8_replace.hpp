// bytes.decode("utf-8", errors="replace"). Owner: plugins/latex. Stateless, any thread.
#pragma once

#include <string>
#include <string_view>

namespace ophost::latex {

// Appends `bytes` as valid UTF-8: every maximal beginning of a character that does not go on, and
// every byte that begins none, becomes U+FFFD.
void append_replaced(std::string_view bytes, std::string& out);

}  // namespace ophost::latex
