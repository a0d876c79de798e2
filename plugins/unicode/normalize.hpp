// normalize.hpp: the four normalisation forms of Unicode 14 (the version of CPython 3.11), whatever
// Unicode the machine's libraries have: code points assigned later stay as they are. Owner:
// plugins/unicode. Pure, any thread.
#pragma once

#include <string>

namespace ophost::unicode {

enum class Form { kNfc, kNfkc, kNfd, kNfkd };

// unicodedata.normalize(form, text), in place.
void normalize(Form form, std::u32string& text);

}  // namespace ophost::unicode
