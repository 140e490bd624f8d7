# Swagger UI for /docs, from npm (assets/package.json, script/page_assets). A build without it is a whole
# one: the page then links to the description.
set(swagger_ui ${CMAKE_SOURCE_DIR}/assets/node_modules/swagger-ui-dist)
set(swagger_ui_files ${swagger_ui}/swagger-ui.css ${swagger_ui}/swagger-ui-bundle.js
    ${swagger_ui}/swagger-ui-bundle.js.LICENSE.txt ${swagger_ui}/LICENSE ${swagger_ui}/NOTICE)
set(swagger_ui_version "none")
if(EXISTS ${swagger_ui}/package.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${swagger_ui}/package.json)
  file(READ ${swagger_ui}/package.json package)
  string(JSON swagger_ui_version GET "${package}" version)
else()
  set(swagger_ui_files)
endif()
postern_embed_gzip(web embedded_swagger_ui swagger-ui-${swagger_ui_version}/ ${swagger_ui_files})
