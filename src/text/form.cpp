// Both kinds of body end in the same place, add_field(), which holds the limits. Multipart is read
// strictly: whatever two parsers might read differently (a preamble, something after the close
// delimiter, a line end that is not CRLF, folded headers, further parameters) is an error.
#include "text/form.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/header_value.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

constexpr std::size_t kBoundaryBytes = 70;
constexpr std::string_view kLineEnd = "\r\n";

Error refused(std::string_view rule) {
  return {.code = "invalid_form", .retry = Retry::kNever, .cause = std::string(rule)};
}

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

Status add_field(FormFields& fields, std::string name, std::string value) {
  if (name.size() > limits::kFormFieldNameBytes) return refused("name length");
  if (!is_text(name) || !is_text(value)) return refused("not text");
  if (!fields.emplace(std::move(name), std::move(value)).second) return refused("repeated name");
  if (fields.size() > limits::kFormFields) return refused("too many fields");
  return {};
}

std::optional<std::string> decode_urlencoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      decoded.push_back(' ');
    } else if (text[at] != '%') {
      decoded.push_back(text[at]);
    } else {
      if (text.size() - at < 3) return std::nullopt;
      const int high = ascii::hex_value(text[at + 1]);
      const int low = ascii::hex_value(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      at += 2;
    }
  }
  return decoded;
}

/// RFC 2046, 5.1.1 bchars.
bool is_boundary(std::string_view text) {
  if (text.empty() || text.size() > kBoundaryBytes || text.back() == ' ') return false;
  return std::ranges::all_of(text, [](char c) {
    return ascii::is_alnum(c) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  });
}

Result<std::string> read_boundary(std::string_view content_type) {
  const Result<HeaderValue> header = parse_header_value(content_type);
  if (!header || header->value != "multipart/form-data") return refused("content type");
  const auto boundary = header->parameters.find("boundary");
  if (boundary == header->parameters.end() || !is_boundary(boundary->second)) {
    return refused("boundary");
  }
  return boundary->second;
}

/// Every CR is followed by LF, every LF preceded by CR.
bool has_only_crlf(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') return false;
    if (text[at] != '\r') continue;
    if (++at == text.size() || text[at] != '\n') return false;
  }
  return true;
}

void skip_padding(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// Charsets in which the bytes of ASCII stand for ASCII alone, so that a value of those bytes needs
/// no conversion.
bool extends_ascii(std::string_view charset) {
  constexpr std::string_view kPrefixes[] = {"iso-8859-", "iso8859-", "windows-125",
                                            "cp125",     "koi8-",    "latin"};
  constexpr std::string_view kNames[] = {
      "us-ascii", "ascii",  "ansi_x3.4-1968", "gbk",    "gb18030", "gb2312", "big5",
      "euc-jp",   "euc-kr", "macintosh",      "ibm866", "cp866",   "tis-620"};
  const auto starts = [charset](std::string_view prefix) { return charset.starts_with(prefix); };
  return std::ranges::find(kNames, charset) != std::end(kNames) ||
         std::ranges::any_of(kPrefixes, starts);
}

enum class PartCharset { kUtf8, kAscii };

/// Nothing for what is not plain text, or not of a charset that we read without converting.
/// RFC 7578, 4.7 deprecates transfer encodings.
std::optional<PartCharset> charset_of(const HeaderValue& content_type) {
  if (content_type.value != "text/plain") return std::nullopt;
  const auto charset = content_type.parameters.find("charset");
  if (charset == content_type.parameters.end()) return PartCharset::kUtf8;
  const std::string name = ascii::to_lower(charset->second);
  if (name == "utf-8" || name == "utf8") return PartCharset::kUtf8;
  if (extends_ascii(name)) return PartCharset::kAscii;
  return std::nullopt;
}

/// The headers of one part.
struct PartHeaders {
  std::optional<std::string> name;
  std::optional<PartCharset> charset;
  bool has_encoding = false;
};

Status read_part_header(std::string_view line, PartHeaders& part) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() ||
      !std::ranges::all_of(name, ascii::is_token_char)) {
    return refused("part header");
  }
  const std::string_view text = line.substr(colon + 1);
  if (ascii::equals_ignoring_case(name, "content-disposition")) {
    Result<HeaderValue> header = parse_header_value(text);
    if (!header || header->value != "form-data" || part.name) return refused("disposition");
    const auto field = header->parameters.find("name");
    // Any other parameter is a file's, or one that parsers differ about.
    if (field == header->parameters.end() || header->parameters.size() > 1) {
      return refused("disposition");
    }
    part.name = std::move(field->second);
  } else if (ascii::equals_ignoring_case(name, "content-type")) {
    const Result<HeaderValue> header = parse_header_value(text);
    if (!header || part.charset) return refused("part type");
    part.charset = charset_of(*header);
    if (!part.charset) return refused("part type");
  } else if (ascii::equals_ignoring_case(name, "content-transfer-encoding")) {
    const Result<HeaderValue> header = parse_header_value(text);
    const bool is_identity =
        header && (header->value == "7bit" || header->value == "8bit" || header->value == "binary");
    if (!is_identity || part.has_encoding) return refused("part encoding");
    part.has_encoding = true;
  }
  return {};
}

/// Headers, an empty line, the value.
Status read_part(std::string_view part, FormFields& fields) {
  const std::size_t part_size = part.size();
  PartHeaders headers;
  for (std::size_t count = 0; !take(part, kLineEnd); ++count) {
    const std::size_t end = part.find(kLineEnd);
    if (end == std::string_view::npos || count == limits::kPartHeaders) {
      return refused("part headers");
    }
    if (Status status = read_part_header(part.substr(0, end), headers); !status) return status;
    part.remove_prefix(end + kLineEnd.size());
    if (part_size - part.size() > limits::kPartHeaderBytes) return refused("part headers");
  }
  if (!headers.name) return refused("disposition");
  if (headers.charset == PartCharset::kAscii && !ascii::is_ascii(part))
    return refused("part charset");
  return add_field(fields, std::move(*headers.name), std::string(part));
}

}  // namespace

Result<FormFields> parse_urlencoded(std::string_view body) {
  FormFields fields;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = decode_urlencoded(pair.substr(0, equals));
    std::optional<std::string> value =
        decode_urlencoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return refused("percent-encoding");
    if (Status status = add_field(fields, std::move(*name), std::move(*value)); !status) {
      return status.error();
    }
  }
  return fields;
}

Result<FormFields> parse_multipart(std::string_view content_type, std::string_view body) {
  const Result<std::string> boundary = read_boundary(content_type);
  if (!boundary) return boundary.error();
  if (!has_only_crlf(body)) return refused("line end");

  const std::string delimiter = "\r\n--" + *boundary;
  if (!take(body, std::string_view(delimiter).substr(kLineEnd.size()))) return refused("delimiter");
  FormFields fields;
  while (!take(body, "--")) {
    skip_padding(body);
    if (!take(body, kLineEnd)) return refused("delimiter");
    const std::size_t end = body.find(delimiter);
    if (end == std::string_view::npos) return refused("no close delimiter");
    if (Status status = read_part(body.substr(0, end), fields); !status) return status.error();
    body.remove_prefix(end + delimiter.size());
  }
  skip_padding(body);
  if (!body.empty() && body != kLineEnd) return refused("text after the close delimiter");
  return fields;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 0xF]});
    }
  }
  return encoded;
}

}  // namespace postern
