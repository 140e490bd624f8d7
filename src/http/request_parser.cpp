#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr std::string_view kFetchSite = "Sec-Fetch-Site";

using Failure = boost::beast::http::error;

/// reg-name, IPv4 or bracketed IPv6, with or without a port (RFC 9110, section 7.2), and nothing
/// that could pass for a path, a user or a list.
bool is_host(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return ascii::is_alnum(c) || std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

Refusal refusal_for(const boost::beast::error_code& error) {
  if (error == Failure::header_limit) return refusal::kHeadTooLong;
  if (error == Failure::bad_version) return refusal::kBadVersion;
  if (error == Failure::bad_content_length) return refusal::kBadLength;
  if (error == Failure::multiple_content_length) return refusal::kBadLength;
  if (error == Failure::bad_transfer_encoding) return refusal::kBadCoding;
  return refusal::kBadSyntax;
}

}  // namespace

RequestParser::RequestParser(HttpRequest& request) : request_(request) {
  header_limit(limits::kHeaderBytes);
  skip(true);
}

std::optional<Refusal> RequestParser::parse(std::string_view head) {
  boost::beast::error_code error;
  const std::size_t used = put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return refusal_for(error);
  // Where the head ends was found already; a parser that does not agree must not be believed.
  if (!is_header_done() || used != head.size()) return refusal::kBadSyntax;
  return check_head();
}

void RequestParser::on_request_impl(Verb, Text method, Text target, int version, Code&) {
  request_.method.assign(method.data(), method.size());
  target_.assign(target.data(), target.size());
  version_ = version;
  request_.is_http10 = version == 10;
}

void RequestParser::on_field_impl(Field field, Text name, Text value, Code& ec) {
  const std::string_view text(value.data(), value.size());
  if (field == Field::host) {
    ++hosts_;
    host_valid_ = host_valid_ && is_host(text);
  } else if (field == Field::content_length) {
    if (++lengths_ > 1) ec = Failure::multiple_content_length;
    if (!std::ranges::all_of(text, ascii::is_digit)) ec = Failure::bad_content_length;
  } else if (field == Field::transfer_encoding) {
    coded_ = true;
    if (!ascii::equals_ignoring_case(text, "chunked")) ec = Failure::bad_transfer_encoding;
  } else if (field == Field::expect) {
    const bool known = ascii::equals_ignoring_case(text, "100-continue");
    expects_continue_ = expects_continue_ || known;
    expects_other_ = expects_other_ || !known;
  }
  note_singular(field, std::string_view(name.data(), name.size()));
  request_.headers.emplace_back(std::string(name.data(), name.size()), std::string(text));
}

/// Readers that meet two of these may take different ones, a proxy the first and we the last.
void RequestParser::note_singular(Field field, std::string_view name) {
  unsigned bit = 0;
  if (field == Field::content_type) bit = 1;
  if (field == Field::origin) bit = 2;
  if (field == Field::authorization) bit = 4;
  if (name.size() == kFetchSite.size() && ascii::equals_ignoring_case(name, kFetchSite)) bit = 8;
  if (field == Field::access_control_request_method) bit = 16;
  if (field == Field::access_control_request_headers) bit = 32;
  repeated_ = repeated_ || (singular_ & bit) != 0;
  singular_ |= bit;
}

std::optional<Refusal> RequestParser::check_head() const {
  if (coded_ && !is_http11()) return refusal::kBadCoding;
  if (hosts_ > 1 || (hosts_ == 0 && is_http11()) || !host_valid_) return refusal::kBadHost;
  if (repeated_) return refusal::kRepeated;
  if (target_.size() > limits::kTargetBytes) return refusal::kTargetTooLong;
  if (expects_other_) return refusal::kBadExpectation;
  if (content_length().value_or(0) > limits::kBodyBytes) return refusal::kBodyTooLarge;
  return std::nullopt;
}

}  // namespace postern
