#include "web/api_schema.hpp"

#include <boost/json.hpp>
#include <stdexcept>

namespace postern {
namespace {

namespace json = boost::json;

constexpr std::string_view kSchemas = "#/components/schemas/";

std::string code_html(std::string_view text) {
  return std::string("<code>").append(escape_html(text)).append("</code>");
}

std::string value_html(const json::value& value) {
  if (const auto* text = value.if_string()) return code_html(*text);
  return code_html(json::serialize(value));
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const auto& part : parts) joined.append(joined.empty() ? "" : separator).append(part);
  return joined;
}

/// "string (uuid)", "string or null"
std::string base_type(const json::object& schema) {
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) return {};
  std::string text;
  if (const auto* names = type->if_array()) {
    for (const auto& name : *names)
      text.append(text.empty() ? "" : " or ").append(escape_html(name.as_string()));
  } else {
    text = escape_html(type->as_string());
  }
  if (const auto format = text_of(schema, "format"); !format.empty())
    text.append(" (").append(escape_html(format)).append(")");
  return text;
}

std::string one_of(const json::array& values) {
  std::vector<std::string> parts;
  for (const auto& value : values) parts.push_back(value_html(value));
  return join(parts, ", ");
}

/// "at most 254 characters", "0 to 4"
void add_limits(const json::object& schema, std::vector<std::string>& parts) {
  const auto number = [&schema](std::string_view key) {
    const json::value* value = schema.if_contains(key);
    return value ? json::serialize(*value) : std::string();
  };
  if (const auto least = number("minLength"); !least.empty())
    parts.push_back("at least " + least + " characters");
  if (const auto most = number("maxLength"); !most.empty())
    parts.push_back("at most " + most + " characters");
  if (const auto most = number("maxItems"); !most.empty())
    parts.push_back("at most " + most + " entries");
  const auto least = number("minimum");
  const auto most = number("maximum");
  if (!least.empty() && !most.empty()) {
    parts.push_back(least + " to " + most);
  } else if (!least.empty()) {
    parts.push_back("at least " + least);
  } else if (!most.empty()) {
    parts.push_back("at most " + most);
  }
  if (const auto* value = schema.if_contains("default"))
    parts.push_back(value_html(*value) + " by default");
}

/// How many bytes at the beginning of `text` stand between two of `mark`; npos: none.
std::size_t span_end(std::string_view text, std::string_view mark) {
  if (!text.starts_with(mark)) return std::string_view::npos;
  return text.find(mark, mark.size());
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string describe_html(std::string_view markdown) {
  std::string html;
  while (!markdown.empty()) {
    if (const auto end = span_end(markdown, "**"); end != std::string_view::npos) {
      html.append("<strong>").append(escape_html(markdown.substr(2, end - 2))).append("</strong>");
      markdown.remove_prefix(end + 2);
    } else if (const auto code_end = span_end(markdown, "`"); code_end != std::string_view::npos) {
      html.append(code_html(markdown.substr(1, code_end - 1)));
      markdown.remove_prefix(code_end + 1);
    } else if (markdown.starts_with("\n\n")) {
      html.append("</p>\n<p>");
      markdown.remove_prefix(2);
    } else {
      const auto plain = std::min(markdown.find_first_of("*`\n", 1), markdown.size());
      html.append(escape_html(markdown.substr(0, plain)));
      markdown.remove_prefix(plain);
    }
  }
  return html;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value ? std::string_view(value->as_string()) : std::string_view();
}

std::string_view schema_name(const json::value& schema) {
  const std::string_view reference = text_of(schema.as_object(), "$ref");
  return reference.starts_with(kSchemas) ? reference.substr(kSchemas.size()) : std::string_view();
}

const json::object& ApiSchemas::resolve(const json::value& value) const {
  const auto& object = value.as_object();
  const std::string_view reference = text_of(object, "$ref");
  if (reference.empty()) return object;
  boost::system::error_code error;
  const json::value* target =
      reference.starts_with('#') ? document_.find_pointer(reference.substr(1), error) : nullptr;
  if (target == nullptr)
    throw std::runtime_error("openapi.json: " + std::string(reference) + " is missing.");
  return target->as_object();
}

std::string ApiSchemas::type_html(const json::value& value) const {
  if (const auto name = schema_name(value); !name.empty()) {
    const std::string text = escape_html(name);
    return "<a href=\"#schema-" + text + "\">" + text + "</a>";
  }
  const auto& schema = value.as_object();
  std::vector<std::string> parts;
  const json::value* items = schema.if_contains("items");
  parts.push_back(items ? "array of " + type_html(*items) : base_type(schema));
  if (const auto* constant = schema.if_contains("const"))
    parts.push_back("always " + value_html(*constant));
  if (const auto* values = schema.if_contains("enum"))
    parts.push_back("one of " + one_of(values->as_array()));
  add_limits(schema, parts);
  for (const std::string_view key : {"oneOf", "anyOf", "allOf"}) {
    const json::value* variants = schema.if_contains(key);
    if (variants == nullptr) continue;
    std::vector<std::string> types;
    for (const auto& variant : variants->as_array()) {
      if (auto type = type_html(variant); !type.empty()) types.push_back(std::move(type));
    }
    parts.push_back(join(types, key == "allOf" ? " with " : " or "));
  }
  std::erase(parts, "");
  return join(parts, ", ");
}

void ApiSchemas::add_fields(const json::object& schema, const std::string& prefix,
                            std::vector<ApiField>& fields) const {
  if (const auto* parts = schema.if_contains("allOf")) {
    for (const auto& part : parts->as_array()) add_fields(resolve(part), prefix, fields);
  }
  if (const auto* items = schema.if_contains("items"); items && schema_name(*items).empty())
    add_fields(items->as_object(), prefix + "[].", fields);
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr) return;
  const json::value* required = schema.if_contains("required");
  for (const auto& [key, value] : properties->as_object()) {
    const std::string name = prefix + std::string(key);
    const bool is_required =
        required &&
        std::ranges::find(required->as_array(), json::value(key)) != required->as_array().end();
    fields.push_back(
        {name, type_html(value), text_of(value.as_object(), "description"), is_required});
    if (!schema_name(value).empty()) continue;
    const bool is_array = value.as_object().contains("items");
    add_fields(value.as_object(), is_array ? name : name + ".", fields);
  }
}

std::vector<ApiField> ApiSchemas::fields(const json::value& schema) const {
  std::vector<ApiField> fields;
  add_fields(resolve(schema), "", fields);
  return fields;
}

std::vector<std::string_view> ApiSchemas::error_codes(const json::value& value) const {
  std::vector<std::string_view> codes;
  const auto& schema = resolve(value);
  if (const auto* parts = schema.if_contains("allOf")) {
    for (const auto& part : parts->as_array()) {
      const auto more = error_codes(part);
      codes.insert(codes.end(), more.begin(), more.end());
    }
  }
  boost::system::error_code error;
  const json::value* properties = schema.if_contains("properties");
  const json::value* code = properties ? properties->find_pointer("/code", error) : nullptr;
  if (code == nullptr) return codes;
  if (const auto constant = text_of(code->as_object(), "const"); !constant.empty())
    codes.push_back(constant);
  if (const auto* values = code->as_object().if_contains("enum")) {
    for (const auto& one : values->as_array()) codes.push_back(one.as_string());
  }
  return codes;
}

}  // namespace postern
