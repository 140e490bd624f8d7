// Types of the API's description in words, as HTML.
//
// Thread contract: immutable; belongs to the caller, and the document must outlive it.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

std::string escape_html(std::string_view text);

/// Escaped, with **bold** and `code` of Markdown; a blank line begins a paragraph.
std::string describe_html(std::string_view markdown);

struct ApiField {
  /// "sessions[].id"
  std::string name;
  /// "string, at most 254 characters"; names of schemas are links.
  std::string type_html;
  std::string_view description;
  bool is_required = false;
};

class ApiSchemas {
 public:
  explicit ApiSchemas(const boost::json::value& document) : document_(document) {}

  /// The target of `value`'s "$ref", or itself. Throws where that leads nowhere.
  const boost::json::object& resolve(const boost::json::value& value) const;
  std::string type_html(const boost::json::value& schema) const;
  /// The fields of an object, those of nested objects and of arrays of objects included, unless
  /// they have a schema of their own.
  std::vector<ApiField> fields(const boost::json::value& schema) const;
  /// The values of the field `code` that an error's schema allows.
  std::vector<std::string_view> error_codes(const boost::json::value& schema) const;

 private:
  void add_fields(const boost::json::object& schema, const std::string& prefix,
                  std::vector<ApiField>& fields) const;

  const boost::json::value& document_;
};

/// The name behind "#/components/schemas/"; empty when `schema` is no reference.
std::string_view schema_name(const boost::json::value& schema);

/// The text of `key`, or nothing.
std::string_view text_of(const boost::json::object& object, std::string_view key);

}  // namespace postern
