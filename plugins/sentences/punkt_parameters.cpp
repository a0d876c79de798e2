// Reading punkt_tab. Owner: plugins/sentences.
#include <charconv>
#include <fstream>

#include "ophost/ophost.hpp"
#include "plugins/sentences/punkt.hpp"

namespace ophost {
namespace {

// Calls use(line, number) for every line of the file; "\r\n" and '\r' end lines too.
template <class Use>
void for_each_line(const std::string& path, Use&& use) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw ConfigError("'" + path +
                      "' cannot be read; a folder of punkt_tab has abbrev_types.txt, "
                      "collocations.tab, ortho_context.tab and sent_starters.txt");
  }
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::size_t number = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n", at), bytes.size());
    use(std::string_view(bytes).substr(at, end - at), ++number);
    at = end + (bytes.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
}

[[noreturn]] void fail(const std::string& path, std::size_t number, const char* expected) {
  throw ConfigError("'" + path + "', line " + std::to_string(number) + ": expected " + expected);
}

}  // namespace

PunktParameters PunktParameters::read(const std::string& folder) {
  PunktParameters p;
  for_each_line(folder + "/abbrev_types.txt",
                [&](std::string_view line, std::size_t) { p.abbreviations_.emplace(line); });
  for_each_line(folder + "/sent_starters.txt",
                [&](std::string_view line, std::size_t) { p.starters_.emplace(line); });
  std::string path = folder + "/collocations.tab";
  for_each_line(path, [&](std::string_view line, std::size_t number) {
    const std::size_t tab = line.find('\t');
    if (tab == line.npos || line.find('\t', tab + 1) != line.npos) {
      fail(path, number, "two words with a tab between them");
    }
    p.collocations_.emplace(line);
  });
  path = folder + "/ortho_context.tab";
  for_each_line(path, [&](std::string_view line, std::size_t number) {
    const std::size_t tab = std::min(line.find('\t'), line.size());
    std::uint32_t flags = 0;
    const char* const end = line.data() + line.size();
    if (tab == line.size() || std::from_chars(line.data() + tab + 1, end, flags).ptr != end ||
        tab + 1 == line.size()) {
      fail(path, number, "a word, a tab and a number");
    }
    p.contexts_[std::string(line.substr(0, tab))] = flags;
  });
  return p;
}

}  // namespace ophost
