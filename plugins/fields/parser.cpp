// parser.cpp: Python's expression grammar, by recursive descent. Owner: plugins/fields.
#include <optional>

#include "ophost/errors.hpp"
#include "plugins/fields/expression.hpp"
#include "plugins/fields/tokens.hpp"

namespace ophost::fields {
namespace {

using Kind = Node::Kind;

constexpr int kMaxDepth = 200;  // as many brackets as Python allows; keeps the stack small

Node node(Kind kind, std::vector<Node> children) {
  return {kind, {}, {}, std::move(children), {}};
}
Node unsupported(const char* name) {
  return {Kind::kUnsupported, name, {}, {}, {}};
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Node run() {
    Node n = expressions();
    if (now().kind != Token::Kind::kEnd) fail("an operator or the end of the expression");
    return n;
  }

 private:
  // ---- tokens -------------------------------------------------------------------------------
  const Token& now() const { return tokens_[at_]; }
  const Token& after() const { return tokens_[at_ + (at_ + 1 < tokens_.size() ? 1 : 0)]; }
  static bool is(const Token& t, std::string_view text) {
    return (t.kind == Token::Kind::kSign || t.kind == Token::Kind::kName) && t.text == text;
  }
  bool is(std::string_view text) const { return is(now(), text); }
  bool take(std::string_view text) {
    if (!is(text)) return false;
    ++at_;
    return true;
  }
  void need(std::string_view text) {
    if (!take(text)) fail("'" + std::string(text) + "'");
  }
  bool is_name() const { return now().kind == Token::Kind::kName && !is_keyword(now().text); }
  std::string name() {
    if (!is_name()) fail("a name");
    return std::string(tokens_[at_++].text);
  }
  [[noreturn]] void fail(const std::string& expected) const {
    const std::string found =
        now().kind == Token::Kind::kEnd ? "the end" : "'" + std::string(now().text) + "'";
    throw SyntaxError{"expected " + expected + ", found " + found, now().at};
  }
  // Counts the levels of nesting for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& p) : depth_(p.depth_) {
      if (++depth_ > kMaxDepth) throw SyntaxError{"nested more than 200 levels deep", p.now().at};
    }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    int& depth_;
  };

  // ---- from the loosest to the tightest -------------------------------------------------------
  Node expressions() {  // a, b without parentheses are a tuple
    Node first = expression();
    if (!is(",")) return first;
    Node tuple = node(Kind::kTuple, {});
    tuple.children.push_back(std::move(first));
    while (take(",") && begins_expression()) tuple.children.push_back(expression());
    return tuple;
  }

  Node expression() {
    const Level level(*this);
    if (is("lambda")) return lambda();
    Node value = disjunction();
    if (!take("if")) return value;
    disjunction();
    need("else");
    expression();
    return unsupported("IfExp");
  }

  Node lambda() {
    need("lambda");
    bool defaults = false, keyword_only = false, bare_star = false;
    while (!is(":")) {
      if (take("**")) {
        name();
        take(",");
        break;
      }
      if (take("*")) {
        if (keyword_only) fail("a single '*'");
        keyword_only = true;
        bare_star = is(",");
        if (!bare_star) name();
      } else if (take("/")) {
        // what stands before it is positional only
      } else {
        name();
        bare_star = false;
        if (take("=")) {
          expression();
          defaults = true;
        } else if (defaults && !keyword_only) {
          fail("a default value, as the parameter before has one");
        }
      }
      if (!take(",")) break;
    }
    if (bare_star) fail("a named parameter after '*'");
    need(":");
    expression();
    return unsupported("Lambda");
  }

  Node disjunction() { return chain(Kind::kOr, "or", &Parser::conjunction); }
  Node conjunction() { return chain(Kind::kAnd, "and", &Parser::inversion); }
  Node chain(Kind kind, const char* word, Node (Parser::*part)()) {
    Node first = (this->*part)();
    if (!is(word)) return first;
    Node all = node(kind, {});
    all.children.push_back(std::move(first));
    while (take(word)) all.children.push_back((this->*part)());
    return all;
  }

  Node inversion() {
    if (!take("not")) return comparison();
    const Level level(*this);
    Node inverted = node(Kind::kNot, {});
    inverted.children.push_back(inversion());
    return inverted;
  }

  std::optional<Node::Op> comparison_operator() {
    using Op = Node::Op;
    static constexpr std::pair<const char*, Op> kSigns[] = {
        {"<", Op::kLess},   {"<=", Op::kLessEqual}, {">", Op::kGreater}, {">=", Op::kGreaterEqual},
        {"==", Op::kEqual}, {"!=", Op::kNotEqual},  {"in", Op::kIn}};
    for (const auto& [sign, op] : kSigns) {
      if (take(sign)) return op;
    }
    if (is("not") && is(after(), "in")) {
      at_ += 2;
      return Op::kNotIn;
    }
    if (!take("is")) return std::nullopt;
    take("not");
    return Op::kIs;
  }
  Node comparison() {
    Node first = bitwise();
    Node all = node(Kind::kCompare, {});
    while (const auto op = comparison_operator()) {
      if (all.children.empty()) all.children.push_back(std::move(first));
      all.ops.push_back(*op);
      all.children.push_back(bitwise());
    }
    return all.ops.empty() ? std::move(first) : std::move(all);
  }

  // All binary operators of numbers: what they bind to does not matter, none is evaluated.
  Node bitwise() {
    Node first = factor();
    bool binary = false;
    for (;;) {
      bool found = false;
      for (const char* sign : {"|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@"}) {
        if (found = take(sign); found) break;
      }
      if (!found) return binary ? unsupported("BinOp") : std::move(first);
      binary = true;
      factor();
    }
  }

  Node factor() {
    const Kind kind = is("-") ? Kind::kNegative : is("+") ? Kind::kPositive : Kind::kUnsupported;
    if (kind == Kind::kUnsupported && !is("~")) return power();
    ++at_;
    const Level level(*this);
    Node unary = node(kind, {});
    unary.text = "Invert";
    unary.children.push_back(factor());
    return unary;
  }
  Node power() {
    const bool awaits = take("await");
    Node base = primary();
    if (awaits) base = unsupported("Await");
    if (!take("**")) return base;
    const Level level(*this);
    factor();
    return unsupported("BinOp");
  }

  Node primary() {
    Node value = atom();
    for (;;) {
      if (take(".")) {
        Node attribute = node(Kind::kAttribute, {});
        attribute.text = name();
        attribute.children.push_back(std::move(value));
        value = std::move(attribute);
      } else if (take("(")) {
        arguments();
        value = unsupported("Call");
      } else if (take("[")) {
        slices();
        value = unsupported("Subscript");
      } else {
        return value;
      }
    }
  }

  void arguments() {
    bool keywords = false, unpacked = false;
    for (bool first = true; !take(")"); first = false) {
      if (take("**")) {
        expression();
        unpacked = true;
      } else if (take("*")) {
        if (unpacked) fail("no '*' after '**'");
        expression();
      } else if (is_name() && is(after(), "=")) {
        at_ += 2;
        expression();
        keywords = true;
      } else {
        if (keywords || unpacked) fail("name=value, as the argument before");
        named_expression();
        if (is("for") || is("async")) {
          if (!first) fail("parentheses around the generator");
          comprehension();
          need(")");
          return;
        }
      }
      if (!take(",") && !is(")")) fail("',' or ')'");
    }
  }

  void slices() {
    do {
      if (take("*")) {
        bitwise();
        continue;
      }
      if (!is(":")) named_expression();
      for (int part = 0; part < 2 && take(":"); ++part) {
        if (!is(":") && !is(",") && !is("]")) expression();
      }
    } while (take(",") && !is("]"));
    need("]");
  }

  Node named_expression() {
    if (is_name() && is(after(), ":=")) {
      at_ += 2;
      expression();
      return unsupported("NamedExpr");
    }
    return expression();
  }
  Node element() {  // of a display, where *a may stand
    if (!take("*")) return named_expression();
    bitwise();
    return unsupported("Starred");
  }

  void comprehension() {
    while (is("for") || is("async")) {
      take("async");
      need("for");
      do {
        if (is("in")) break;
        take("*");
        bitwise();
      } while (take(","));
      need("in");
      disjunction();
      while (take("if")) disjunction();
    }
  }

  // ---- atoms --------------------------------------------------------------------------------
  bool begins_expression() const {
    const Token& t = now();
    if (t.kind == Token::Kind::kEnd) return false;
    if (t.kind == Token::Kind::kName) {
      if (!is_keyword(t.text)) return true;
      for (const char* k : {"not", "lambda", "None", "True", "False", "await"}) {
        if (t.text == k) return true;
      }
      return false;
    }
    if (t.kind != Token::Kind::kSign) return true;
    for (const char* s : {"(", "[", "{", "-", "+", "~", "..."}) {
      if (t.text == s) return true;
    }
    return false;
  }

  Node atom() {
    const Token& t = now();
    switch (t.kind) {
      case Token::Kind::kNumber:
        ++at_;
        return {Kind::kConstant, {}, t.value, {}, {}};
      case Token::Kind::kString:
      case Token::Kind::kOpaque:
        return literal();
      case Token::Kind::kName:
        if (take("None")) return {Kind::kConstant, {}, {}, {}, {}};
        if (take("True")) return {Kind::kConstant, {}, true, {}, {}};
        if (take("False")) return {Kind::kConstant, {}, false, {}, {}};
        if (!is_name()) break;
        return {Kind::kName, name(), {}, {}, {}};
      case Token::Kind::kSign:
        if (take("(")) return parenthesis();
        if (take("[")) return list();
        if (take("{")) return braces();
        if (take("...")) return unsupported("Ellipsis");
        break;
      case Token::Kind::kEnd:
        break;
    }
    fail("a value");
  }

  Node literal() {  // strings side by side are one
    Node all = {Kind::kConstant, {}, now().value, {}, {}};
    const bool bytes = is_bytes(now());
    bool opaque = now().kind == Token::Kind::kOpaque;
    const bool number = opaque && now().text.find_first_of("'\"") == std::string_view::npos;
    for (++at_; !number && is_text(now()); ++at_) {
      if (is_bytes(now()) != bytes) fail("no mixture of bytes and text");
      opaque |= now().kind == Token::Kind::kOpaque;
      if (!opaque) *all.value.as<std::string>() += *now().value.as<std::string>();
    }
    if (number) return unsupported("a complex number");
    if (opaque) return unsupported(bytes ? "a bytes literal" : "JoinedStr");
    return all;
  }
  static bool is_text(const Token& t) {
    return t.kind == Token::Kind::kString ||
           (t.kind == Token::Kind::kOpaque &&
            t.text.find_first_of("'\"") != std::string_view::npos);
  }
  static bool is_bytes(const Token& t) {
    const std::string_view prefix = t.text.substr(0, t.text.find_first_of("'\""));
    return prefix.find_first_of("bB") != std::string_view::npos;
  }

  Node parenthesis() {
    if (take(")")) return node(Kind::kTuple, {});
    if (take("yield")) {
      take("from");
      if (!is(")")) expressions();
      need(")");
      return unsupported("Yield");
    }
    const bool starred = is("*");
    Node first = element();
    if (is("for") || is("async")) {
      comprehension();
      need(")");
      return unsupported("GeneratorExp");
    }
    if (!starred && take(")")) return first;
    if (!is(",")) fail("',' or ')'");
    return elements(Kind::kTuple, std::move(first), ")");
  }
  Node list() {
    if (take("]")) return node(Kind::kList, {});
    Node first = element();
    if (is("for") || is("async")) {
      comprehension();
      need("]");
      return unsupported("ListComp");
    }
    return elements(Kind::kList, std::move(first), "]");
  }
  Node braces() {
    if (take("}")) return unsupported("Dict");
    if (is("**")) return dict();
    Node first = element();
    if (is(":")) return dict_after_key();
    if (is("for") || is("async")) {
      comprehension();
      need("}");
      return unsupported("SetComp");
    }
    return elements(Kind::kSet, std::move(first), "}");
  }
  Node dict_after_key() {
    need(":");
    expression();
    if (is("for") || is("async")) {
      comprehension();
      need("}");
      return unsupported("DictComp");
    }
    if (!take(",")) {
      need("}");
      return unsupported("Dict");
    }
    return dict();
  }
  Node dict() {
    while (!take("}")) {
      if (take("**")) {
        bitwise();
      } else {
        expression();
        need(":");
        expression();
      }
      if (!take(",") && !is("}")) fail("',' or '}'");
    }
    return unsupported("Dict");
  }
  Node elements(Kind kind, Node first, const char* close) {
    Node all = node(kind, {});
    all.children.push_back(std::move(first));
    while (take(",")) {
      if (is(close)) break;
      all.children.push_back(element());
    }
    need(close);
    return all;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Node parse_expression(std::string_view condition) {
  try {
    return Parser(tokenize(condition)).run();
  } catch (const SyntaxError& e) {
    throw ConfigError("parameter 'filter_condition': not a Python expression at byte " +
                      std::to_string(e.at) + " of \"" + std::string(condition) + "\": " + e.what);
  }
}

}  // namespace ophost::fields
