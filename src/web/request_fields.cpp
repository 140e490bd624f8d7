#include "web/request_fields.hpp"

#include <string>

#include "crypto/secret.hpp"
#include "text/ascii.hpp"
#include "text/json.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

constexpr std::string_view kUrlencoded = "application/x-www-form-urlencoded";
constexpr std::string_view kMultipart = "multipart/form-data";

/// Type and subtype in lower case, without parameters.
std::string media_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  return ascii::to_lower(type);
}

std::string about(std::string_view name, std::string_view what) {
  return std::string("The field \"").append(name).append("\" ").append(what);
}

}  // namespace

Error request_error(std::string code, std::string text) {
  return {.code = std::move(code), .retry = Retry::kNever, .text = std::move(text)};
}

Fields::~Fields() {
  auto* form = std::get_if<FormFields>(&fields_);
  if (!form) return;
  for (auto& [name, value] : *form) wipe(value);
}

Result<std::optional<std::string_view>> Fields::optional(std::string_view name) const {
  if (const auto* form = std::get_if<FormFields>(&fields_)) {
    const auto field = form->find(name);
    if (field == form->end()) return std::optional<std::string_view>();
    return std::optional<std::string_view>(field->second);
  }
  const auto* value = std::get<boost::json::object>(fields_).if_contains(name);
  if (!value || value->is_null()) return std::optional<std::string_view>();
  if (!value->is_string()) {
    return request_error("invalid_field", about(name, "must be one string."));
  }
  const auto& text = value->get_string();
  return std::optional<std::string_view>(std::string_view(text.data(), text.size()));
}

Result<std::optional<std::string_view>> Fields::optional_token(std::string_view name) const {
  auto field = optional(name);
  if (field && *field) *field = trim_blanks(**field);
  return field;
}

bool Fields::is_null(std::string_view name) const {
  const auto* object = std::get_if<boost::json::object>(&fields_);
  const auto* value = object ? object->if_contains(name) : nullptr;
  return value && value->is_null();
}

std::string Fields::text(std::string_view name) const {
  const auto value = optional(name);
  return value && *value ? std::string(**value) : std::string();
}

Result<std::string_view> Fields::required(std::string_view name) const {
  const auto field = optional(name);
  if (!field) return field.error();
  if (!*field && is_null(name)) {
    return request_error("invalid_field", about(name, "must be one string."));
  }
  if (!*field) return request_error("missing_field", about(name, "is missing."));
  return **field;
}

Result<std::string_view> Fields::required_token(std::string_view name) const {
  const auto field = required(name);
  return field ? Result<std::string_view>(trim_blanks(*field)) : field;
}

bool is_form(const HttpRequest& request) {
  const auto type = media_type(request.header("Content-Type"));
  return type == kUrlencoded || type == kMultipart;
}

Result<Fields> read_fields(const HttpRequest& request) {
  const auto content_type = request.header("Content-Type");
  const auto type = media_type(content_type);
  if (type == "application/json") {
    auto object = parse_json_object(request.body);
    if (!object) return object.error();
    return Fields(*std::move(object));
  }
  if (is_form(request)) {
    auto form = type == kMultipart ? parse_multipart(content_type, request.body)
                                   : parse_urlencoded(request.body);
    if (!form) return form.error();
    return Fields(*std::move(form));
  }
  return request_error(
      "unsupported_media_type",
      "Send application/json, application/x-www-form-urlencoded or multipart/form-data.");
}

}  // namespace postern
