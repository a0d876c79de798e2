// link_finder.hpp: finds links exactly as Data-Juicer's expression does under PyPI regex, in one
// pass and without backtracking. Owner: plugins/links. Pure functions, any thread.
//
//   (?i)\b((?:[a-z][\w-]+:(?:\/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}\/)
//   (?:[^\s()<>]+|\(([^\s()<>]+|(\([^\s()<>]+\)))*\))+
//   (?:\(([^\s()<>]+|(\([^\s()<>]+\)))*\)|[^\s`!()\[\]{};:\'".,<>?«»“”‘’]))
//
// The expression is ambiguous, but what it finds is not. A body is a row of units, runs of plain
// characters and parentheses (two deep); the engine takes the longest row and gives back from its
// end until a tail fits: the last character of the last run that may end a link, else the last
// parenthesis. The heads cannot be read in two ways, except for how many of the slashes after a
// colon belong to the body.
#pragma once

#include <cstddef>
#include <string_view>

namespace ophost::links {

struct Link {
  std::size_t begin, end;  // bytes
};

// The leftmost link that begins at `from` or later. False when there is none. `text`: valid UTF-8.
bool find_link(std::string_view text, std::size_t from, Link& link);

}  // namespace ophost::links
