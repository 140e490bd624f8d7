// Text made fit for a mail's body and headers: quoted-printable, base64, encoded words.
//
// Thread contract: pure functions.
// Each appends to `out`; none refuses anything: the caller has checked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

/// RFC 2045, 6.7. LF and CRLF become CRLF; lines of at most 76 bytes. A dot or "From " at the start
/// of a line is encoded too, so that no mail server on the way changes it.
void append_quoted_printable(std::string& out, std::string_view text);

/// RFC 2045, 6.8, in lines of at most 76 bytes, the last one ended too. LF becomes CRLF first.
void append_base64_text(std::string& out, std::string_view text);

/// Whether so much of the text is outside ASCII that quoted-printable would be longer than base64.
bool prefers_base64(std::string_view text);

/// RFC 2047 encoded words in UTF-8 and base64, each of whole characters and at most 75 bytes,
/// folded so that no line is over 76. `column` is how much of the first line is taken.
void append_encoded_words(std::string& out, std::string_view text, std::size_t column);

}  // namespace postern
