// The tags that HTML5's rules of parsing name, and the groups the rules put them in.
// Owner: plugins/html. Constant data, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace ophost::html {

enum TagGroup : std::uint32_t {
  kSpecial = 1u << 0,
  kFormatting = 1u << 1,
  kImpliedEnd = 1u << 2,   // closed by "generate implied end tags"
  kImpliedDeep = 1u << 3,  // ... and by its thorough form
  kScopeEnd = 1u << 4,     // a boundary of "in scope"
  kBlock = 1u << 5,        // start and end tags treated as <div>
  kBlockEnd = 1u << 6,     // end tag treated as </div>, start tag not
  kHeading = 1u << 7,
  kIgnoredInBody = 1u << 8,  // start tags that mean nothing there
  kHeadContent = 1u << 9,    // start tags that the rules of <head> take everywhere
  kBreaksOut = 1u << 10,     // ends foreign content; not <sup>, as in lexbor
  kVoidInBody = 1u << 11,    // like <img>
  kTableContext = 1u << 12,  // text in it is table text
  kMarked = 1u << 13,        // applet, marquee, object
};

// name in C++, name in HTML, groups
#define OPHOST_HTML_TAGS(X)                                                    \
  X(A, "a", kFormatting)                                                       \
  X(Address, "address", kSpecial | kBlock)                                     \
  X(AnnotationXml, "annotation-xml", 0)                                        \
  X(Applet, "applet", kSpecial | kScopeEnd | kMarked)                          \
  X(Area, "area", kSpecial | kVoidInBody)                                      \
  X(Article, "article", kSpecial | kBlock)                                     \
  X(Aside, "aside", kSpecial | kBlock)                                         \
  X(B, "b", kFormatting | kBreaksOut)                                          \
  X(Base, "base", kSpecial | kHeadContent)                                     \
  X(Basefont, "basefont", kSpecial | kHeadContent)                             \
  X(Bgsound, "bgsound", kSpecial | kHeadContent)                               \
  X(Big, "big", kFormatting | kBreaksOut)                                      \
  X(Blockquote, "blockquote", kSpecial | kBlock | kBreaksOut)                  \
  X(Body, "body", kSpecial | kBreaksOut)                                       \
  X(Br, "br", kSpecial | kVoidInBody | kBreaksOut)                             \
  X(Button, "button", kSpecial | kBlockEnd)                                    \
  X(Caption, "caption", kSpecial | kScopeEnd | kIgnoredInBody | kImpliedDeep)  \
  X(Center, "center", kSpecial | kBlock | kBreaksOut)                          \
  X(Code, "code", kFormatting | kBreaksOut)                                    \
  X(Col, "col", kSpecial | kIgnoredInBody)                                     \
  X(Colgroup, "colgroup", kSpecial | kIgnoredInBody | kImpliedDeep)            \
  X(Dd, "dd", kSpecial | kImpliedEnd | kImpliedDeep | kBreaksOut)              \
  X(Desc, "desc", 0)                                                           \
  X(Details, "details", kSpecial | kBlock)                                     \
  X(Dialog, "dialog", kBlock)                                                  \
  X(Dir, "dir", kSpecial | kBlock)                                             \
  X(Div, "div", kSpecial | kBlock | kBreaksOut)                                \
  X(Dl, "dl", kSpecial | kBlock | kBreaksOut)                                  \
  X(Dt, "dt", kSpecial | kImpliedEnd | kImpliedDeep | kBreaksOut)              \
  X(Em, "em", kFormatting | kBreaksOut)                                        \
  X(Embed, "embed", kSpecial | kVoidInBody | kBreaksOut)                       \
  X(Fieldset, "fieldset", kSpecial | kBlock)                                   \
  X(Figcaption, "figcaption", kSpecial | kBlock)                               \
  X(Figure, "figure", kSpecial | kBlock)                                       \
  X(Font, "font", kFormatting)                                                 \
  X(Footer, "footer", kSpecial | kBlock)                                       \
  X(ForeignObject, "foreignobject", 0)                                         \
  X(Form, "form", kSpecial)                                                    \
  X(Frame, "frame", kSpecial | kIgnoredInBody)                                 \
  X(Frameset, "frameset", kSpecial)                                            \
  X(H1, "h1", kSpecial | kHeading | kBreaksOut)                                \
  X(H2, "h2", kSpecial | kHeading | kBreaksOut)                                \
  X(H3, "h3", kSpecial | kHeading | kBreaksOut)                                \
  X(H4, "h4", kSpecial | kHeading | kBreaksOut)                                \
  X(H5, "h5", kSpecial | kHeading | kBreaksOut)                                \
  X(H6, "h6", kSpecial | kHeading | kBreaksOut)                                \
  X(Head, "head", kSpecial | kIgnoredInBody | kBreaksOut)                      \
  X(Header, "header", kSpecial | kBlock)                                       \
  X(Hgroup, "hgroup", kSpecial | kBlock)                                       \
  X(Hr, "hr", kSpecial | kBreaksOut)                                           \
  X(Html, "html", kSpecial | kScopeEnd)                                        \
  X(I, "i", kFormatting | kBreaksOut)                                          \
  X(Iframe, "iframe", kSpecial)                                                \
  X(Image, "image", 0)                                                         \
  X(Img, "img", kSpecial | kVoidInBody | kBreaksOut)                           \
  X(Input, "input", kSpecial)                                                  \
  X(Keygen, "keygen", kSpecial | kVoidInBody)                                  \
  X(Li, "li", kSpecial | kImpliedEnd | kImpliedDeep | kBreaksOut)              \
  X(Link, "link", kSpecial | kHeadContent)                                     \
  X(Listing, "listing", kSpecial | kBlockEnd | kBreaksOut)                     \
  X(Main, "main", kSpecial | kBlock)                                           \
  X(Malignmark, "malignmark", 0)                                               \
  X(Marquee, "marquee", kSpecial | kScopeEnd | kMarked)                        \
  X(Math, "math", 0)                                                           \
  X(Menu, "menu", kSpecial | kBlock | kBreaksOut)                              \
  X(Meta, "meta", kSpecial | kHeadContent | kBreaksOut)                        \
  X(Mglyph, "mglyph", 0)                                                       \
  X(Mi, "mi", 0)                                                               \
  X(Mn, "mn", 0)                                                               \
  X(Mo, "mo", 0)                                                               \
  X(Ms, "ms", 0)                                                               \
  X(Mtext, "mtext", 0)                                                         \
  X(Nav, "nav", kSpecial | kBlock)                                             \
  X(Nobr, "nobr", kFormatting | kBreaksOut)                                    \
  X(Noembed, "noembed", kSpecial)                                              \
  X(Noframes, "noframes", kSpecial | kHeadContent)                             \
  X(Noscript, "noscript", kSpecial)                                            \
  X(Object, "object", kSpecial | kScopeEnd | kMarked)                          \
  X(Ol, "ol", kSpecial | kBlock | kBreaksOut)                                  \
  X(Optgroup, "optgroup", kImpliedEnd | kImpliedDeep)                          \
  X(Option, "option", kImpliedEnd | kImpliedDeep)                              \
  X(P, "p", kSpecial | kImpliedEnd | kImpliedDeep | kBreaksOut)                \
  X(Param, "param", kSpecial)                                                  \
  X(Plaintext, "plaintext", kSpecial)                                          \
  X(Pre, "pre", kSpecial | kBlockEnd | kBreaksOut)                             \
  X(Rb, "rb", kImpliedEnd | kImpliedDeep)                                      \
  X(Rp, "rp", kImpliedEnd | kImpliedDeep)                                      \
  X(Rt, "rt", kImpliedEnd | kImpliedDeep)                                      \
  X(Rtc, "rtc", kImpliedEnd | kImpliedDeep)                                    \
  X(Ruby, "ruby", kBreaksOut)                                                  \
  X(S, "s", kFormatting | kBreaksOut)                                          \
  X(Script, "script", kSpecial | kHeadContent)                                 \
  X(Search, "search", kSpecial | kBlock)                                       \
  X(Section, "section", kSpecial | kBlock)                                     \
  X(Select, "select", kSpecial | kScopeEnd | kBlockEnd)                        \
  X(Small, "small", kFormatting | kBreaksOut)                                  \
  X(Source, "source", kSpecial)                                                \
  X(Span, "span", kBreaksOut)                                                  \
  X(Strike, "strike", kFormatting | kBreaksOut)                                \
  X(Strong, "strong", kFormatting | kBreaksOut)                                \
  X(Style, "style", kSpecial | kHeadContent)                                   \
  X(Sub, "sub", kBreaksOut)                                                    \
  X(Summary, "summary", kSpecial | kBlock)                                     \
  X(Sup, "sup", 0)                                                             \
  X(Svg, "svg", 0)                                                             \
  X(Table, "table", kSpecial | kScopeEnd | kBreaksOut | kTableContext)         \
  X(Tbody, "tbody", kSpecial | kIgnoredInBody | kImpliedDeep | kTableContext)  \
  X(Td, "td", kSpecial | kScopeEnd | kIgnoredInBody | kImpliedDeep)            \
  X(Template, "template", kSpecial | kScopeEnd | kHeadContent | kTableContext) \
  X(Textarea, "textarea", kSpecial)                                            \
  X(Tfoot, "tfoot", kSpecial | kIgnoredInBody | kImpliedDeep | kTableContext)  \
  X(Th, "th", kSpecial | kScopeEnd | kIgnoredInBody | kImpliedDeep)            \
  X(Thead, "thead", kSpecial | kIgnoredInBody | kImpliedDeep | kTableContext)  \
  X(Title, "title", kSpecial | kHeadContent)                                   \
  X(Tr, "tr", kSpecial | kIgnoredInBody | kImpliedDeep | kTableContext)        \
  X(Track, "track", kSpecial)                                                  \
  X(Tt, "tt", kFormatting | kBreaksOut)                                        \
  X(U, "u", kFormatting | kBreaksOut)                                          \
  X(Ul, "ul", kSpecial | kBlock | kBreaksOut)                                  \
  X(Var, "var", kBreaksOut)                                                    \
  X(Wbr, "wbr", kSpecial | kVoidInBody)                                        \
  X(Xmp, "xmp", kSpecial)

// A tag's number. Those that no rule names get numbers from kOther upwards, text by text.
enum class Tag : std::uint32_t {
#define OPHOST_HTML_ENUM(symbol, name, groups) k##symbol,
  OPHOST_HTML_TAGS(OPHOST_HTML_ENUM)
#undef OPHOST_HTML_ENUM
      kOther
};

// The number of a known name in lower case; kOther when there is none.
Tag known_tag(std::string_view name);
// The groups of an element of HTML (not of SVG or MathML).
std::uint32_t groups_of(Tag tag);
inline bool is_any(Tag tag, std::uint32_t groups) {
  return (groups_of(tag) & groups) != 0;
}

}  // namespace ophost::html
