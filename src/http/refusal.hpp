// Why a request is answered by the server itself and never reaches a handler.
//
// Thread contract: plain data; the views point to literals.
#pragma once

#include <string_view>

namespace postern {

struct Refusal {
  int status = 400;
  std::string_view code;
  std::string_view detail;
};

namespace refusal {
inline constexpr Refusal kBadSyntax{400, "bad_request", "The request is not valid HTTP/1.1."};
inline constexpr Refusal kBareLineFeed{400, "bad_request", "A line does not end in CR and LF."};
inline constexpr Refusal kEmptyLine{400, "bad_request", "The request begins with an empty line."};
inline constexpr Refusal kFolded{400, "bad_request", "A header is folded over several lines."};
inline constexpr Refusal kBadVersion{400, "bad_request",
                                     "The request is not HTTP/1.1 or HTTP/1.0."};
inline constexpr Refusal kBadLength{400, "bad_request", "The Content-Length is not one number."};
inline constexpr Refusal kBadCoding{400, "bad_request", "The Transfer-Encoding is not supported."};
inline constexpr Refusal kBadChunk{400, "bad_request", "The chunked body is not valid."};
inline constexpr Refusal kBadHost{400, "bad_request", "The request needs one valid Host header."};
inline constexpr Refusal kRepeated{400, "bad_request",
                                   "A header that may be sent once was sent again."};
inline constexpr Refusal kOtherHost{400, "invalid_target",
                                    "The request target and Host name different hosts."};
inline constexpr Refusal kBadTarget{400, "invalid_target", "The request target is not valid."};
inline constexpr Refusal kNotFound{404, "not_found", "There is nothing at this path."};
inline constexpr Refusal kWrongMethod{405, "method_not_allowed",
                                      "This path does not take that method."};
inline constexpr Refusal kTooSlow{408, "request_timeout", "The request did not arrive in time."};
inline constexpr Refusal kBodyTooLarge{413, "body_too_large", "The request's body is too large."};
inline constexpr Refusal kTargetTooLong{414, "target_too_long", "The request target is too long."};
inline constexpr Refusal kBadExpectation{417, "expectation_failed",
                                         "Only 100-continue may be expected."};
inline constexpr Refusal kTooMany{429, "too_many_requests", "Too many requests from this address."};
inline constexpr Refusal kHeadTooLong{431, "headers_too_large",
                                      "The request's headers are too large."};
inline constexpr Refusal kFailed{500, "internal_error", "Something went wrong on our side."};
inline constexpr Refusal kNotImplemented{501, "not_implemented", "This method is not served here."};
inline constexpr Refusal kNoResponse{503, "unavailable", "The response takes too long. Try again."};
}  // namespace refusal

}  // namespace postern
