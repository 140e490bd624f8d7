// Beast's parser for the head of a request, with the gaps closed that requests are smuggled
// through.
//
// Thread contract: one request, one thread. A private header: only this folder sees Beast.
// Stricter than Beast: one Content-Length of digits only, "chunked" as the only transfer coding and
// only in HTTP/1.1, exactly one Host, and one of each header that the server decides by. Bodies are
// not its business.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>

#include "http/message.hpp"
#include "http/refusal.hpp"

namespace postern {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  /// `request` outlives the parser.
  explicit RequestParser(HttpRequest& request);

  /// `head` ends with its empty line. Fills method and headers of the request.
  std::optional<Refusal> parse(std::string_view head);

  const std::string& target() const { return target_; }
  bool is_http11() const { return version_ == 11; }
  bool expects_continue() const { return expects_continue_ && is_http11(); }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Text = boost::beast::string_view;
  using Code = boost::beast::error_code;

  void on_request_impl(Verb, Text method, Text target, int version, Code&) override;
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(Field field, Text name, Text value, Code& ec) override;
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text, Code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, Code&) override { return 0; }
  void on_finish_impl(Code&) override {}

  void note_singular(Field field, std::string_view name);
  /// The fault of a head although every line of it is well-formed.
  std::optional<Refusal> check_head() const;

  HttpRequest& request_;
  std::string target_;
  int version_ = 0;
  int hosts_ = 0;
  int lengths_ = 0;
  bool host_valid_ = true;
  bool coded_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
  /// One bit for each header that may be there once.
  unsigned singular_ = 0;
  bool repeated_ = false;
};

}  // namespace postern
