// Expressions: what parses, what does not, and what they are worth. The expectations are CPython
// 3.11's (ast.parse in mode "eval") and Data-Juicer's.
#include "plugins/fields/expression.hpp"

#include <gtest/gtest.h>

#include "ophost/errors.hpp"

namespace ophost::fields {
namespace {

using textkit::PyValue;

const char* const kRecord =
    R"({"num": 5, "f": -2.5, "yes": true, "none": null, "text": "Hello", "lst": [1, 2],
        "meta": {"a": 3, "sub": {"k": "v"}, "big": 9223372036854775807}, "é": 1})";

// The value as Python's repr, or the message.
std::string worth(std::string_view expression) {
  const Node node = parse_expression(expression);
  std::deque<PyValue> made;
  try {
    return py_repr(evaluate(node, PyValue::parse(kRecord), made));
  } catch (const RecordError& e) {
    return e.what();
  }
}

TEST(Expression, Values) {
  const std::pair<const char*, const char*> cases[] = {
      {"num", "5"},
      {"nope", "None"},
      {"meta.sub.k", "'v'"},
      {"meta.sub.nope.deeper", "None"},
      {"text.nope", "None"},
      {"text.upper", "<method>"},
      {"num.real", "5"},
      {"f.imag", "0.0"},
      {"é", "1"},
      {"-num", "-5"},
      {"+yes", "1"},
      {"-yes", "-1"},
      {"not num", "False"},
      {"not not text", "True"},
      {"--num", "5"},
      {"-meta.big", "-9223372036854775807"},
      {"1 < num <= 5 > 4", "True"},
      {"1 < num < 5", "False"},
      {"num == 5.0 and yes == 1", "True"},
      {"num and text", "True"},
      {"none or 0", "False"},
      {"none == None", "False"},
      {"none != 1", "False"},
      {"none not in [1]", "True"},
      {"none in lst", "False"},
      {"num < none < 'a'", "False"},
      {"num not in (1, 2)", "True"},
      {"'ell' in text", "True"},
      {"text < 'I'", "True"},
      {"lst == [1, 2.0]", "True"},
      {"lst == (1, 2)", "False"},
      {"(1, 2) < (1, 3)", "True"},
      {"'a' in meta", "True"},
      {"text in {'Hello', 'x'}", "True"},
      {"{1, 1.0, True, 2}", "{1, 2}"},
      {"num, text", "(5, 'Hello')"},
      {"num,", "(5,)"},
      {"()", "()"},
      {"[]", "[]"},
      {"[num, [f]]", "[5, [-2.5]]"},
      {"False and text > 1", "False"},
      {"True or nope()", "True"},
      {"text.upper == 1", "False"},
      {"text.upper != 1", "True"},
      {"text > 1", "'>' not supported between instances of 'str' and 'int'"},
      {"num in 5", "argument of type 'int' is not iterable"},
      {"1 in text", "'in <string>' requires string as left operand, not int"},
      {"-text", "bad operand type for unary -: 'str'"},
      {"-none", "bad operand type for unary -: 'NoneType'"},
      {"{lst}", "unhashable type: 'list'"},
      {"num is 5", "Unsupported comparison operator: Is"},
      {"none is None", "False"},
      {"num + 1 > 5", "Unsupported node type: BinOp"},
      {"-num ** 2", "Unsupported node type: BinOp"},
      {"~num", "Unsupported node type: Invert"},
      {"meta['a']", "Unsupported node type: Subscript"},
      {"text.upper()", "Unsupported node type: Call"},
      {"num if yes else f", "Unsupported node type: IfExp"},
      {"lambda x, *y, z=1, **k: x", "Unsupported node type: Lambda"},
      {"[x for x in lst if x]", "Unsupported node type: ListComp"},
      {"{}", "Unsupported node type: Dict"},
      {"[*lst]", "Unsupported node type: Starred"},
      {"f'{num}'", "Unsupported node type: JoinedStr"},
      {"(n := 1)", "Unsupported node type: NamedExpr"},
  };
  for (const auto& [expression, want] : cases) EXPECT_EQ(worth(expression), want) << expression;
}

TEST(Expression, Literals) {
  const std::pair<const char*, const char*> cases[] = {
      {"1_000", "1000"},
      {"0x_fF", "255"},
      {"0b101", "5"},
      {"0o17", "15"},
      {"00", "0"},
      {"1.", "1.0"},
      {".5", "0.5"},
      {"1e3", "1000.0"},
      {"09.5", "9.5"},
      {"1_0.2_5e-0_1", "1.025"},
      {"1if 1else 2", "Unsupported node type: IfExp"},
      {"9223372036854775808", "9.223372036854776e+18"},
      {"'a' \"b\"", "'ab'"},
      {"'''a\nb'''", R"('a\nb')"},
      {R"('\x41\u00e9\101\n\'')", R"("AéA\n'")"},
      {R"('\q')", R"('\\q')"},
      {R"(r'\n')", R"('\\n')"},
      {"u'a'", "'a'"},
      {"'it''s'", "'its'"},
      {"True", "True"},
      {"1j", "Unsupported node type: a complex number"},
      {"b'a'", "Unsupported node type: a bytes literal"}};
  for (const auto& [expression, want] : cases) EXPECT_EQ(worth(expression), want) << expression;
}

TEST(Expression, Accepted) {
  for (const char* good : {"\na",
                           "a\n\n",
                           "a # c",
                           "a\\\n+b",
                           "1and 2",
                           "1 .real",
                           "...",
                           "await a",
                           "(yield)",
                           "{a for b in c}",
                           "{a:b for c, d in d}",
                           "[x for x in y if z for w in v]",
                           "a[1:2,::3]",
                           "a[*b]",
                           "a[1,]",
                           "f(a for b in c)",
                           "f(*b,**a)",
                           "f(x:=1, y=2)",
                           "{**a}",
                           "{1:2,}",
                           "{*a}",
                           "()()",
                           "-+~a",
                           "a**-b",
                           "(1,)",
                           "(a)",
                           "a if not b else c",
                           "a if b else c if d else e",
                           "[a:=1]",
                           "lambda: 1",
                           "not a in b",
                           "a\r\n",
                           "(a\n, b)",
                           "\xef\xbd\x81"}) {
    EXPECT_NO_THROW(parse_expression(good)) << good;
  }
}

TEST(Expression, Refused) {
  for (const char* bad : {"",
                          "  ",
                          " a",
                          "\ta",
                          "# c",
                          "num >",
                          "a b",
                          "a;",
                          "*a,b",
                          "01",
                          "1__0",
                          "1_",
                          "0or 1",
                          "a if b",
                          "b'a' 'b'",
                          "'a\nb'",
                          "'",
                          "'''abc",
                          "r'\\'",
                          R"('\x4')",
                          "a <> b",
                          "a = 1",
                          "a := 1",
                          "a[]",
                          "a.1",
                          "1.real",
                          "a..b",
                          "a...b",
                          "yield",
                          "async",
                          "a!b",
                          "$",
                          "?",
                          "²",
                          "a²",
                          "a\xc2\xa0"
                          "b",
                          "0b2",
                          "1e",
                          "1.2.3",
                          "not",
                          "((((",
                          "]",
                          "(]",
                          "a < not b",
                          "- not a",
                          "f(**a,*b)",
                          "f(a=1,b)",
                          "f(a,,b)",
                          "[,]",
                          "[1,,2]",
                          "(,)",
                          "lambda *: 1",
                          "lambda x=1,y: 1",
                          "10L",
                          "x.class",
                          "ur'a'",
                          "f(x=y:=1)",
                          "a\nb",
                          "None = 1",
                          "a is",
                          "a not b",
                          "(*a)",
                          "class",
                          "f(b, a for a in c)",
                          "{a:b",
                          "{1, 2:3}",
                          "a b",
                          "'\\"}) {
    EXPECT_THROW(parse_expression(bad), ConfigError) << bad;
  }
  EXPECT_THROW(parse_expression(std::string(100000, '(')), ConfigError);
  EXPECT_THROW(parse_expression(std::string(100000, '-') + "1"), ConfigError);
}

TEST(Expression, SaysWhere) {
  try {
    parse_expression("num > ) 1");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_STREQ(
        e.what(),
        "parameter 'filter_condition': not a Python expression at byte 6 of \"num > ) 1\": "
        "unmatched ')'");
  }
}

}  // namespace
}  // namespace ophost::fields
