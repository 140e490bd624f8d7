// Form bodies from any bytes. The first byte chooses: urlencoded, multipart with boundary "b", or
// multipart whose content type is the first line. What is accepted can be written and read again.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "property.hpp"
#include "text/form.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;

void check_bounds(const FormFields& fields) {
  require(fields.size() <= limits::kFormFields);
  for (const auto& [name, value] : fields) {
    require(name.size() <= limits::kFormFieldNameBytes);
    for (const std::string& text : {name, value}) {
      require(text.find('\0') == std::string::npos && is_valid_utf8(text));
    }
  }
}

std::string write_urlencoded(const FormFields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    body += percent_encode(name) + '=' + percent_encode(value) + '&';
  }
  return body;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + '"';
}

/// A boundary that no value holds; 70 bytes are the most that may be.
std::string choose_boundary(std::string_view body) {
  std::string boundary = "x";
  while (body.find("--" + boundary) != std::string_view::npos && boundary.size() < 70) {
    boundary += 'x';
  }
  return boundary;
}

void check_multipart(const FormFields& fields, std::string_view body) {
  check_bounds(fields);
  const std::string boundary = choose_boundary(body);
  if (boundary.size() == 70) return;
  std::string written;
  for (const auto& [name, value] : fields) {
    written += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quote(name) +
               "\r\n\r\n" + value + "\r\n";
  }
  written += "--" + boundary + "--";
  const Result<FormFields> again =
      parse_multipart("multipart/form-data; boundary=" + boundary, written);
  require(again && *again == fields);
}

void run_multipart(std::string_view content_type, std::string_view body) {
  const Result<FormFields> fields = parse_multipart(content_type, body);
  if (fields) check_multipart(*fields, body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 3 == 0) {
    const Result<FormFields> fields = parse_urlencoded(text);
    if (!fields) return 0;
    check_bounds(*fields);
    const Result<FormFields> again = parse_urlencoded(write_urlencoded(*fields));
    require(again && *again == *fields);
  } else if (data[0] % 3 == 1) {
    run_multipart("multipart/form-data; boundary=b", text);
  } else {
    const std::size_t end = std::min(text.find('\n'), text.size());
    run_multipart(text.substr(0, end), text.substr(std::min(end + 1, text.size())));
  }
  return 0;
}
