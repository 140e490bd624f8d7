#include "http/request_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"

namespace postern {
namespace {

constexpr std::size_t kFirstBufferBytes = 2048;
/// One more than a head may have, so that its limit is seen to be passed.
constexpr std::size_t kBufferBytes = limits::kHeaderBytes + 1;

}  // namespace

RequestReader::~RequestReader() { wipe_buffer(); }

void RequestReader::begin(HttpRequest& request) {
  request_ = &request;
  scanner_.reset();
  parser_.emplace(request);
  chunks_ = ChunkDecoder();
  in_body_ = false;
  continue_sent_ = false;
}

std::span<char> RequestReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    explicit_bzero(buffer_.data() + end_ - begin_, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    const std::size_t wanted = std::max(buffer_.size() * 2, kFirstBufferBytes);
    std::vector<char> larger(std::min(wanted, kBufferBytes));
    std::ranges::copy(unread(), larger.begin() + static_cast<std::ptrdiff_t>(begin_));
    wipe_buffer();
    buffer_.swap(larger);
  }
  return std::span(buffer_).subspan(end_);
}

RequestReader::Progress RequestReader::advance() {
  if (!in_body_) {
    const Progress progress = read_head();
    if (progress != Progress::kComplete) return progress;
  }
  return read_body();
}

RequestReader::Progress RequestReader::read_head() {
  if (!scanner_.scan(unread())) {
    return scanner_.refusal() ? refuse(*scanner_.refusal()) : Progress::kNeedMore;
  }
  const std::string_view head = unread().substr(0, scanner_.head_bytes());
  const auto refusal = parser_->parse(head);
  if (refusal) return refuse(*refusal);
  begin_ += head.size();
  in_body_ = true;
  return Progress::kComplete;
}

RequestReader::Progress RequestReader::read_body() {
  if (take_body()) return Progress::kComplete;
  if (chunks_.refusal()) return refuse(*chunks_.refusal());
  if (!parser_->expects_continue() || continue_sent_ || !request_->body.empty()) {
    return Progress::kNeedMore;
  }
  continue_sent_ = true;
  return Progress::kContinue;
}

bool RequestReader::take_body() {
  if (parser_->chunked()) {
    request_->body.reserve(limits::kBodyBytes);
    take_bytes(chunks_.decode(unread(), request_->body));
    return chunks_.done();
  }
  const std::size_t length = parser_->content_length().value_or(0);
  const std::size_t bytes = std::min(length - request_->body.size(), unread().size());
  // A body that grows would leave copies behind in freed memory.
  request_->body.reserve(length);
  request_->body.append(unread().substr(0, bytes));
  take_bytes(bytes);
  return request_->body.size() == length;
}

void RequestReader::wipe_buffer() {
  if (!buffer_.empty()) explicit_bzero(buffer_.data(), buffer_.size());
}

/// A body may hold a password, and the buffer lives as long as the connection.
void RequestReader::take_bytes(std::size_t bytes) {
  explicit_bzero(buffer_.data() + begin_, bytes);
  begin_ += bytes;
}

RequestReader::Progress RequestReader::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return Progress::kRefused;
}

}  // namespace postern
