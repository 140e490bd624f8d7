#include "web/api_reference.hpp"

#include <boost/json.hpp>
#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "web/api_schema.hpp"
#include "web/embedded_docs.hpp"

namespace postern {
namespace {

namespace json = boost::json;
using kainjow::mustache::data;

data new_list() { return data(data::type::list); }

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string_view reference_template() {
  for (const auto& file : embedded_docs()) {
    if (file.name == "reference.html") return file.content;
  }
  throw std::runtime_error("The file templates/docs/reference.html is missing.");
}

class Reference {
 public:
  explicit Reference(const json::value& document) : document_(document), schemas_(document) {}

  data all() const {
    const auto& info = document_.at("info").as_object();
    data page;
    page.set("description", describe_html(text_of(info, "description")));
    data groups = new_list();
    for (const auto& tag : document_.at("tags").as_array())
      groups.push_back(group(tag.as_object()));
    page.set("groups", groups);
    page.set("schemas", schemas());
    page.set("ways_in", ways_in());
    return page;
  }

 private:
  data group(const json::object& tag) const {
    const std::string_view name = text_of(tag, "name");
    data group;
    group.set("name", std::string(name));
    group.set("description", describe_html(text_of(tag, "description")));
    data operations = new_list();
    for (const auto& [path, methods] : document_.at("paths").as_object()) {
      for (const auto& [method, value] : methods.as_object()) {
        const auto& one = value.as_object();
        if (one.at("tags").as_array().at(0).as_string() == name)
          operations.push_back(operation(path, method, one));
      }
    }
    group.set("operations", operations);
    return group;
  }

  data operation(std::string_view path, std::string_view method, const json::object& one) const {
    data operation;
    operation.set("id", std::string(text_of(one, "operationId")));
    operation.set("method", upper(method));
    operation.set("path", std::string(path));
    operation.set("summary", describe_html(text_of(one, "summary")));
    operation.set("description", describe_html(text_of(one, "description")));
    operation.set("credentials", credentials(one));
    operation.set("needs_credentials", !credentials(one).empty());
    if (const auto* list = one.if_contains("parameters"))
      operation.set("parameters", parameters(list->as_array()));
    operation.set("has_parameters", one.contains("parameters"));
    if (const auto* body = one.if_contains("requestBody"))
      operation.set("bodies", contents(schemas_.resolve(*body), true));
    operation.set("has_body", one.contains("requestBody"));
    operation.set("responses", responses(one.at("responses").as_object()));
    return operation;
  }

  /// "bearer or cookie", "bearer, cookie or nothing"; empty where nothing is asked for.
  static std::string credentials(const json::object& operation) {
    std::string text;
    const json::value* security = operation.if_contains("security");
    if (security == nullptr) return text;
    for (const auto& way : security->as_array()) {
      text += text.empty() ? "" : " or ";
      text += way.as_object().empty() ? std::string("nothing")
                                      : std::string(way.as_object().begin()->key());
    }
    return text;
  }

  data parameters(const json::array& list) const {
    data result = new_list();
    for (const auto& value : list) {
      const auto& parameter = schemas_.resolve(value);
      const json::value* required = parameter.if_contains("required");
      result.push_back(field_data({.name = std::string(text_of(parameter, "name")),
                                   .type_html = "in the " + std::string(text_of(parameter, "in")) +
                                                ", " + schemas_.type_html(parameter.at("schema")),
                                   .description = text_of(parameter, "description"),
                                   .is_required = required && required->as_bool()}));
    }
    return result;
  }

  static data field_data(const ApiField& field) {
    data entry;
    entry.set("name", field.name);
    entry.set("type", field.type_html);
    entry.set("required", field.is_required);
    entry.set("description", describe_html(field.description));
    return entry;
  }

  data field_list(const json::value& schema) const {
    data result = new_list();
    for (const auto& field : schemas_.fields(schema)) result.push_back(field_data(field));
    return result;
  }

  /// One entry for each schema of a request or a response, with the media types that have it.
  data contents(const json::object& message, bool with_fields) const {
    data result = new_list();
    const json::value* content = message.if_contains("content");
    if (content == nullptr) return result;
    std::vector<std::pair<const json::value*, std::string>> by_schema;
    for (const auto& [media_type, value] : content->as_object()) {
      const json::value& schema = value.as_object().at("schema");
      const auto known = std::ranges::find_if(
          by_schema, [&schema](const auto& entry) { return *entry.first == schema; });
      if (known == by_schema.end()) {
        by_schema.emplace_back(&schema, media_type);
      } else {
        known->second.append(", ").append(media_type);
      }
    }
    for (const auto& [schema, media_types] : by_schema) {
      data entry;
      entry.set("media_types", media_types);
      entry.set("type", schemas_.type_html(*schema));
      if (with_fields) entry.set("fields", field_list(*schema));
      if (with_fields) set_example(entry, schemas_.resolve(*schema));
      data codes = new_list();
      for (const auto code : schemas_.error_codes(*schema))
        codes.push_back(data(std::string(code)));
      entry.set("codes", codes);
      result.push_back(entry);
    }
    return result;
  }

  data responses(const json::object& responses) const {
    data result = new_list();
    for (const auto& [status, value] : responses) {
      const auto& response = schemas_.resolve(value);
      data entry;
      entry.set("status", status == "default" ? std::string("other") : std::string(status));
      entry.set("description", describe_html(text_of(response, "description")));
      entry.set("contents", contents(response, false));
      result.push_back(entry);
    }
    return result;
  }

  data schemas() const {
    data result = new_list();
    for (const auto& [name, schema] : document_.at("components").at("schemas").as_object()) {
      data entry;
      entry.set("name", std::string(name));
      entry.set("type", schemas_.type_html(schema));
      entry.set("description", describe_html(text_of(schema.as_object(), "description")));
      entry.set("fields", field_list(schema));
      set_example(entry, schema.as_object());
      result.push_back(entry);
    }
    return result;
  }

  data ways_in() const {
    data result = new_list();
    const auto& schemes = document_.at("components").at("securitySchemes").as_object();
    for (const auto& [name, scheme] : schemes) {
      data entry;
      entry.set("name", std::string(name));
      entry.set("description", describe_html(text_of(scheme.as_object(), "description")));
      result.push_back(entry);
    }
    return result;
  }

  static void set_example(data& entry, const json::object& schema) {
    const json::value* examples = schema.if_contains("examples");
    if (examples == nullptr || examples->as_array().empty()) return;
    entry.set("example", json::serialize(examples->as_array().at(0)));
  }

  const json::value& document_;
  ApiSchemas schemas_;
};

}  // namespace

std::string render_api_reference(const json::value& document) {
  kainjow::mustache::mustache page{std::string(reference_template())};
  if (!page.is_valid())
    throw std::runtime_error("The page reference is broken: " + page.error_message());
  return page.render(Reference(document).all());
}

}  // namespace postern
