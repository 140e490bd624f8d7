# Writes OUTPUT: FILES, compressed, as one table that is returned by FUNCTION. Their names in it begin
# with PREFIX. The bytes are taken in by the assembler, because a compiler is slow at long literals.
set(text "#include <span>\n\n#include \"base/embedded_file.hpp\"\n\n")
set(entries "")
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  set(packed ${OUTPUT}.${name}.gz)
  execute_process(COMMAND gzip -9 -n -c ${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${packed} size)
  file(SHA256 ${packed} mark)
  set(symbol postern_embedded_${mark})
  string(APPEND text
    "asm(R\"(\n.pushsection .rodata\n.globl ${symbol}\n.hidden ${symbol}\n${symbol}:\n"
    ".incbin \"${packed}\"\n.popsection\n)\");\n"
    "extern \"C\" __attribute__((visibility(\"hidden\"))) const char ${symbol}[];\n\n")
  string(APPEND entries "      {\"${PREFIX}${name}\", std::string_view(${symbol}, ${size})},\n")
endforeach()
string(APPEND text "namespace postern {\nstd::span<const EmbeddedFile> ${FUNCTION}();\n"
                   "std::span<const EmbeddedFile> ${FUNCTION}() {\n")
if(FILES)
  string(APPEND text "  static const EmbeddedFile kFiles[] = {\n${entries}  };\n  return kFiles;\n")
else()
  string(APPEND text "  return {};\n")
endif()
file(WRITE ${OUTPUT} "${text}}\n}  // namespace postern\n")
