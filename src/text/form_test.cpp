#include "text/form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"

namespace postern {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view kContentType = "multipart/form-data; boundary=b";

void expect_refused(const Result<FormFields>& result, const std::string& what) {
  ASSERT_FALSE(result) << what;
  EXPECT_EQ(result.error().code, "invalid_form") << what;
  EXPECT_EQ(result.error().retry, Retry::kNever) << what;
}

/// A part of boundary "b" with these header lines.
std::string part(const std::string& headers, const std::string& value) {
  return "--b\r\n" + headers + "\r\n\r\n" + value + "\r\n";
}

std::string field(const std::string& name, const std::string& value) {
  return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
}

TEST(ParseUrlencoded, reads_pairs) {
  const auto result = parse_urlencoded(
      "email=a%2Btag%40example.com&&text=a+b%20c&empty=&bare&=x&u=%D1%84\u0444&p=a=b&");
  ASSERT_TRUE(result);
  EXPECT_THAT(*result,
              ElementsAre(Pair("", "x"), Pair("bare", ""), Pair("email", "a+tag@example.com"),
                          Pair("empty", ""), Pair("p", "a=b"), Pair("text", "a b c"),
                          Pair("u", "\u0444\u0444")));
  EXPECT_TRUE(parse_urlencoded("")->empty());
  EXPECT_TRUE(parse_urlencoded("&")->empty());
}

TEST(ParseUrlencoded, M2_repeated_names_are_refused) {
  for (const char* body : {"email=a&email=a", "email=a&x=1&em%61il=b", "a&a", "=1&=2"}) {
    expect_refused(parse_urlencoded(body), body);
  }
  EXPECT_TRUE(parse_urlencoded("email=a&Email=b&email[]=c"));
}

TEST(ParseUrlencoded, W5_bad_encodings_are_refused) {
  for (const char* body :
       {"a=%", "a=%1", "a=%zz", "a=%1g", "a=%-1", "a=% 1", "%=a", "a=b&c=%", "a=%00", "%00=a",
        "a=%FF", "a=%C3", "a=%C0%AF", "a=%ED%A0%80", "a=\xFF", "\xC3=a"}) {
    expect_refused(parse_urlencoded(body), body);
  }
  expect_refused(parse_urlencoded("a=\0"s), "NUL");
}

TEST(ParseUrlencoded, W5_bounds) {
  std::string body;
  for (std::size_t i = 0; i < limits::kFormFields; ++i) body += "f" + std::to_string(i) + "=1&";
  const auto full = parse_urlencoded(body);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->size(), limits::kFormFields);
  expect_refused(parse_urlencoded(body + "more=1"), "one field more");

  const std::string name(limits::kFormFieldNameBytes, 'n');
  EXPECT_TRUE(parse_urlencoded(name + "=1"));
  expect_refused(parse_urlencoded(name + "n=1"), "one byte more");
}

TEST(ParseMultipart, reads_a_body_of_curl) {
  const auto result =
      parse_multipart("multipart/form-data; boundary=------------------------d74496d66958873e",
                      "--------------------------d74496d66958873e\r\n"
                      "Content-Disposition: form-data; name=\"token\"\r\n\r\n"
                      "eyJ.x-_.y\r\n"
                      "--------------------------d74496d66958873e\r\n"
                      "Content-Disposition: form-data; name=\"password\"\r\n\r\n"
                      "correct horse \u0444 --d74496d66958873e\r\n"
                      "--------------------------d74496d66958873e--\r\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(*result, ElementsAre(Pair("password", "correct horse \u0444 --d74496d66958873e"),
                                   Pair("token", "eyJ.x-_.y")));
}

TEST(ParseMultipart, reads_bodies_of_browsers) {
  const auto chromium =
      parse_multipart("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
                      "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n"
                      "Content-Disposition: form-data; name=\"password\"\r\n\r\n"
                      "two\r\nlines\r\n"
                      "------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n");
  ASSERT_TRUE(chromium);
  EXPECT_THAT(*chromium, ElementsAre(Pair("password", "two\r\nlines")));

  const auto firefox = parse_multipart(
      "multipart/form-data; boundary=---------------------------9051914041544843365972754266",
      "-----------------------------9051914041544843365972754266\r\n"
      "Content-Disposition: form-data; name=\"a\"\r\n\r\n\r\n"
      "-----------------------------9051914041544843365972754266--\r\n");
  ASSERT_TRUE(firefox);
  EXPECT_THAT(*firefox, ElementsAre(Pair("a", "")));

  const auto empty = parse_multipart(kContentType, "--b--\r\n");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

TEST(ParseMultipart, reads_what_other_clients_add) {
  const auto result = parse_multipart("Multipart/Form-Data ; charset=utf-8 ; Boundary=\"b c\"",
                                      "--b c \t\r\n"
                                      "content-disposition:form-data;name=a\r\n"
                                      "Content-Type: text/plain; charset=UTF-8\r\n"
                                      "Content-Transfer-Encoding: 8bit\r\n"
                                      "Content-Length: 1\r\n\r\n"
                                      "1\r\n"
                                      "--b c\r\n"
                                      "Content-Disposition: form-data; name=\"q\\\"\\\\;=\"\r\n\r\n"
                                      "2\r\n"
                                      "--b c--  ");
  ASSERT_TRUE(result);
  EXPECT_THAT(*result, ElementsAre(Pair("a", "1"), Pair("q\"\\;=", "2")));
}

TEST(ParseMultipart, W5_part_charset_of_ascii_content) {
  const auto value_of = [](const std::string& charset, const std::string& content) {
    const auto fields = parse_multipart(
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n"
        "Content-Type: text/plain; charset=" +
            charset + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + content + "\r\n--b--\r\n");
    return fields ? fields->find("email")->second : "";
  };
  for (const char* charset : {"ISO-8859-1", "\"iso-8859-15\"", "US-ASCII", "windows-1252",
                              "windows-1251", "KOI8-R", "UTF-8", "utf8"}) {
    EXPECT_EQ(value_of(charset, "a@example.com"), "a@example.com") << charset;
  }
  EXPECT_EQ(value_of("UTF-8", "\u00FC"), "\u00FC");
  for (const char* charset : {"iso-8859-1", "us-ascii", "windows-1251"}) {
    EXPECT_EQ(value_of(charset, "\u00FC"), "") << charset << " is not converted";
    EXPECT_EQ(value_of(charset, "\xFC"), "") << charset;
  }
  for (const char* charset : {"utf-16", "utf-16le", "utf-7", "utf-32", "ebcdic-cp-us", "hz-gb-2312",
                              "iso-2022-jp", "x"}) {
    EXPECT_EQ(value_of(charset, "a@example.com"), "") << charset;
  }
}

TEST(ParseMultipart, W5_content_type_must_bear_one_good_boundary) {
  const std::string body = field("a", "1") + "--b--\r\n";
  ASSERT_TRUE(parse_multipart(kContentType, body));
  for (const std::string type :
       {"", "multipart/form-data", "multipart/form-data;", "multipart/mixed; boundary=b",
        "application/json; boundary=b",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"b", "multipart/form-data; boundary=b; boundary=b",
        "multipart/form-data; boundary=b; boundary=c", "multipart/form-data; boundary = b",
        "multipart/form-data; boundary=b c", "multipart/form-data boundary=b",
        "multipart/form-data, boundary=b", "multipart/form-data; boundary=\"b \"",
        "multipart/form-data; boundary=\"b\\\r\\\n\"", "multipart/form-data; boundary=c",
        "multipart/form-data; boundary=\"b;\"", "multipart/form-data; boundary*=b"}) {
    expect_refused(parse_multipart(type, body), type);
  }
  const std::string longest(70, 'x');
  const auto with_boundary = [](const std::string& boundary) {
    return parse_multipart("multipart/form-data; boundary=" + boundary, "--" + boundary + "--");
  };
  EXPECT_TRUE(with_boundary(longest));
  expect_refused(with_boundary(longest + "x"), "boundary of 71");
}

TEST(ParseMultipart, W5_delimiters_are_strict) {
  const std::string good = field("a", "1") + "--b--\r\n";
  for (const std::string& body :
       {""s, "--b"s, "--b-"s, "--b\r\n"s, "--b\r\n--b--\r\n"s, field("a", "1"),
        field("a", "1") + "--b", field("a", "1") + "--b-", field("a", "1") + "--b-\r\n",
        field("a", "1") + "--bx\r\n--b--", "\r\n" + good, "preamble\r\n" + good, "x" + good,
        good + "epilogue", good + "\r\n", good + good, field("a", "1") + "--b-- x",
        field("a", "1") + "\r\n--b --\r\n"}) {
    expect_refused(parse_multipart(kContentType, body), body);
  }
}

TEST(ParseMultipart, W5_line_ends_are_crlf) {
  const std::string good = field("a", "1") + "--b--\r\n";
  // Every CRLF in turn loses one of its halves.
  for (std::size_t at = good.find("\r\n"); at != std::string::npos;
       at = good.find("\r\n", at + 1)) {
    std::string bare_lf = good;
    expect_refused(parse_multipart(kContentType, bare_lf.erase(at, 1)), "LF " + std::to_string(at));
    std::string bare_cr = good;
    expect_refused(parse_multipart(kContentType, bare_cr.erase(at + 1, 1)),
                   "CR " + std::to_string(at));
  }
  for (const char* value : {"a\nb", "a\rb", "\n", "\r", "a\n\rb", "a\r\r\nb"}) {
    expect_refused(parse_multipart(kContentType, field("a", value) + "--b--"), value);
  }
}

TEST(ParseMultipart, W5_part_headers_are_strict) {
  const std::string disposition = "Content-Disposition: form-data; name=\"a\"";
  for (const std::string& headers :
       {"X: y"s,
        "Content-Disposition: attachment; name=\"a\""s,
        "Content-Disposition: form-data"s,
        "Content-Disposition: form-data; name"s,
        "Content-Disposition: form-data; name="s,
        "Content-Disposition: form-data; name=\"a"s,
        "Content-Disposition: form-data; name=\"a\\"s,
        "Content-Disposition: form-data; name=a b"s,
        "Content-Disposition: form-data, name=a"s,
        "Content-Disposition: form-data; name=\"a\"x"s,
        "Content-Disposition form-data; name=\"a\""s,
        "Content-Disposition : form-data; name=\"a\""s,
        " Content-Disposition: form-data; name=a"s,
        ": form-data; name=a"s,
        "Content-Disposition: form-data;\r\n name=\"a\""s,
        disposition + "; name=\"b\"",
        disposition + "; NAME=\"a\"",
        disposition + "; filename=\"x\"",
        disposition + "; filename=\"\"",
        disposition + "; filename*=utf-8''x",
        disposition + "; name*=utf-8''b",
        disposition + "; size=1",
        disposition + "\r\n" + disposition,
        disposition + "\r\nContent-Type: application/json",
        disposition + "\r\nContent-Type:",
        disposition + "\r\nContent-Type: text/plain; charset=utf-16",
        disposition + "\r\nContent-Type: text/plain; charset=utf-7",
        disposition + "\r\nContent-Type: text/plain\r\nContent-Type: text/plain",
        disposition + "\r\nContent-Transfer-Encoding: base64",
        disposition + "\r\nContent-Transfer-Encoding: quoted-printable",
        disposition + "\r\nnot a header",
        disposition + "\r\n folded: x",
        disposition + "\r\nX-Long: " + std::string(limits::kPartHeaderBytes, 'x')}) {
    expect_refused(parse_multipart(kContentType, part(headers, "1") + "--b--\r\n"), headers);
  }
  std::string many = disposition;
  for (std::size_t i = 1; i < limits::kPartHeaders; ++i)
    many += "\r\nX-" + std::to_string(i) + ": y";
  EXPECT_TRUE(parse_multipart(kContentType, part(many, "1") + "--b--\r\n"));
  expect_refused(parse_multipart(kContentType, part(many + "\r\nX: y", "1") + "--b--\r\n"), "many");
  expect_refused(parse_multipart(kContentType, "--b\r\n\r\nvalue\r\n--b--\r\n"), "no headers");
  expect_refused(parse_multipart(kContentType, "--b\r\n" + disposition + "\r\n--b--"),
                 "no blank line");
}

TEST(ParseMultipart, W5_fields_are_text_within_bounds) {
  for (const std::string& bytes : {"\0"s, "\xFF"s, "\xC3"s, "\xED\xA0\x80"s}) {
    expect_refused(parse_multipart(kContentType, field("a", bytes) + "--b--"), "value");
    expect_refused(parse_multipart(kContentType, field("n" + bytes, "1") + "--b--"), "name");
  }
  std::string body;
  for (std::size_t i = 0; i < limits::kFormFields; ++i) body += field("f" + std::to_string(i), "1");
  EXPECT_TRUE(parse_multipart(kContentType, body + "--b--"));
  expect_refused(parse_multipart(kContentType, body + field("more", "1") + "--b--"),
                 "one field more");

  const std::string name(limits::kFormFieldNameBytes, 'n');
  EXPECT_TRUE(parse_multipart(kContentType, field(name, "1") + "--b--"));
  expect_refused(parse_multipart(kContentType, field(name + "n", "1") + "--b--"), "one byte more");
}

TEST(ParseMultipart, M2_repeated_names_are_refused) {
  const std::string body =
      field("email", "a") + field("x", "1") + field("email", "b") + "--b--\r\n";
  expect_refused(parse_multipart(kContentType, body), body);
}

TEST(PercentEncode, keeps_unreserved_characters_only) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode(" +&=/?%\r\n\"<'"), "%20%2B%26%3D%2F%3F%25%0D%0A%22%3C%27");
  EXPECT_EQ(percent_encode("\u0444"), "%D1%84");
  EXPECT_EQ(percent_encode("\0"s), "%00");
  std::string text;
  for (int c = 1; c < 128; ++c) text.push_back(static_cast<char>(c));
  EXPECT_EQ(parse_urlencoded("a=" + percent_encode(text))->at("a"), text);
}

}  // namespace
}  // namespace postern
