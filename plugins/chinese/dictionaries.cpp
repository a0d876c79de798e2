// The files of data/ as they are, taken in by the assembler. See dictionaries.hpp.
#include "plugins/chinese/dictionaries.hpp"

#include <array>

// A label before the file and one behind it, in read-only memory.
#define EMBED(label, file)                                                                      \
  __asm__(".pushsection .rodata\n.balign 16\n.global opencc_" #label "\n.hidden opencc_" #label \
          "\n.global opencc_" #label "_end\n.hidden opencc_" #label "_end\nopencc_" #label      \
          ":\n.incbin \"" CHINESE_DATA_DIR "/" file "\"\nopencc_" #label                        \
          "_end:\n.byte 0\n.popsection\n");                                                     \
  extern "C" __attribute__((visibility("hidden"))) const char opencc_##label[];                 \
  extern "C" __attribute__((visibility("hidden"))) const char opencc_##label##_end[];

EMBED(HKVariants_ocd2, "HKVariants.ocd2")
EMBED(HKVariantsRev_ocd2, "HKVariantsRev.ocd2")
EMBED(HKVariantsRevPhrases_ocd2, "HKVariantsRevPhrases.ocd2")
EMBED(JPShinjitaiCharacters_ocd2, "JPShinjitaiCharacters.ocd2")
EMBED(JPShinjitaiPhrases_ocd2, "JPShinjitaiPhrases.ocd2")
EMBED(JPVariants_ocd2, "JPVariants.ocd2")
EMBED(JPVariantsRev_ocd2, "JPVariantsRev.ocd2")
EMBED(STCharacters_ocd2, "STCharacters.ocd2")
EMBED(STPhrases_ocd2, "STPhrases.ocd2")
EMBED(TSCharacters_ocd2, "TSCharacters.ocd2")
EMBED(TSPhrases_ocd2, "TSPhrases.ocd2")
EMBED(TWPhrases_ocd2, "TWPhrases.ocd2")
EMBED(TWPhrasesRev_ocd2, "TWPhrasesRev.ocd2")
EMBED(TWVariants_ocd2, "TWVariants.ocd2")
EMBED(TWVariantsRev_ocd2, "TWVariantsRev.ocd2")
EMBED(TWVariantsRevPhrases_ocd2, "TWVariantsRevPhrases.ocd2")
EMBED(hk2s_json, "hk2s.json")
EMBED(hk2t_json, "hk2t.json")
EMBED(jp2t_json, "jp2t.json")
EMBED(s2hk_json, "s2hk.json")
EMBED(s2t_json, "s2t.json")
EMBED(s2tw_json, "s2tw.json")
EMBED(s2twp_json, "s2twp.json")
EMBED(t2hk_json, "t2hk.json")
EMBED(t2jp_json, "t2jp.json")
EMBED(t2s_json, "t2s.json")
EMBED(t2tw_json, "t2tw.json")
EMBED(tw2s_json, "tw2s.json")
EMBED(tw2sp_json, "tw2sp.json")
EMBED(tw2t_json, "tw2t.json")

namespace ophost::chinese {
namespace {

struct File {
  std::string_view name;
  const char* begin;
  const char* end;
};

#define EMBEDDED(label, file)                  \
  File {                                       \
    file, opencc_##label, opencc_##label##_end \
  }
constexpr std::array kFiles = {
    EMBEDDED(HKVariants_ocd2, "HKVariants.ocd2"),
    EMBEDDED(HKVariantsRev_ocd2, "HKVariantsRev.ocd2"),
    EMBEDDED(HKVariantsRevPhrases_ocd2, "HKVariantsRevPhrases.ocd2"),
    EMBEDDED(JPShinjitaiCharacters_ocd2, "JPShinjitaiCharacters.ocd2"),
    EMBEDDED(JPShinjitaiPhrases_ocd2, "JPShinjitaiPhrases.ocd2"),
    EMBEDDED(JPVariants_ocd2, "JPVariants.ocd2"),
    EMBEDDED(JPVariantsRev_ocd2, "JPVariantsRev.ocd2"),
    EMBEDDED(STCharacters_ocd2, "STCharacters.ocd2"),
    EMBEDDED(STPhrases_ocd2, "STPhrases.ocd2"),
    EMBEDDED(TSCharacters_ocd2, "TSCharacters.ocd2"),
    EMBEDDED(TSPhrases_ocd2, "TSPhrases.ocd2"),
    EMBEDDED(TWPhrases_ocd2, "TWPhrases.ocd2"),
    EMBEDDED(TWPhrasesRev_ocd2, "TWPhrasesRev.ocd2"),
    EMBEDDED(TWVariants_ocd2, "TWVariants.ocd2"),
    EMBEDDED(TWVariantsRev_ocd2, "TWVariantsRev.ocd2"),
    EMBEDDED(TWVariantsRevPhrases_ocd2, "TWVariantsRevPhrases.ocd2"),
    EMBEDDED(hk2s_json, "hk2s.json"),
    EMBEDDED(hk2t_json, "hk2t.json"),
    EMBEDDED(jp2t_json, "jp2t.json"),
    EMBEDDED(s2hk_json, "s2hk.json"),
    EMBEDDED(s2t_json, "s2t.json"),
    EMBEDDED(s2tw_json, "s2tw.json"),
    EMBEDDED(s2twp_json, "s2twp.json"),
    EMBEDDED(t2hk_json, "t2hk.json"),
    EMBEDDED(t2jp_json, "t2jp.json"),
    EMBEDDED(t2s_json, "t2s.json"),
    EMBEDDED(t2tw_json, "t2tw.json"),
    EMBEDDED(tw2s_json, "tw2s.json"),
    EMBEDDED(tw2sp_json, "tw2sp.json"),
    EMBEDDED(tw2t_json, "tw2t.json"),
};

}  // namespace

std::string_view embedded_file(std::string_view name) {
  for (const File& file : kFiles) {
    if (file.name == name) return {file.begin, static_cast<std::size_t>(file.end - file.begin)};
  }
  return {};
}

}  // namespace ophost::chinese
