// The named fields of a request, whatever format they came in.
//
// Thread contract: plain data.
// Other fields are ignored.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.hpp"
#include "http/message.hpp"
#include "text/form.hpp"

namespace postern {

class Fields {
 public:
  explicit Fields(boost::json::object object) : fields_(std::move(object)) {}
  explicit Fields(FormFields fields) : fields_(std::move(fields)) {}
  Fields(Fields&&) = default;
  Fields& operator=(Fields&&) = delete;
  /// Wipes the values of a form; parse_json_object() sees to those of an object.
  ~Fields();

  /// Views stay valid while this object lives and is not moved.
  /// Nothing when it is absent or null. Error: invalid_field when it is not a string.
  Result<std::optional<std::string_view>> optional(std::string_view name) const;
  /// Errors: missing_field, invalid_field.
  Result<std::string_view> required(std::string_view name) const;
  /// The same without white space around it, which comes along when a token is pasted.
  Result<std::optional<std::string_view>> optional_token(std::string_view name) const;
  Result<std::string_view> required_token(std::string_view name) const;
  /// Empty when it is absent or not a string.
  std::string text(std::string_view name) const;

 private:
  bool is_null(std::string_view name) const;

  std::variant<boost::json::object, FormFields> fields_;
};

/// An error of the request, with a text for its caller.
Error request_error(std::string code, std::string text);

/// The body is what a page's form sends: urlencoded or multipart.
bool is_form(const HttpRequest& request);

/// Reads the body by its Content-Type: application/json, application/x-www-form-urlencoded or
/// multipart/form-data. Errors: unsupported_media_type (also when it is missing), invalid_json,
/// invalid_form.
Result<Fields> read_fields(const HttpRequest& request);

}  // namespace postern
