// Python's str.isupper() and str.islower() of one character. Owner: plugins/sentences. Pure
// functions over constant tables, any thread.
#pragma once

namespace ophost {

bool is_upper(char32_t c);
bool is_lower(char32_t c);

}  // namespace ophost
