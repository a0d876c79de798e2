# ophost_add_plugin(<name> SOURCES <files> [LIBRARIES <libraries>])
#
# Builds <name>.so as a plugin must be built; used by ophost's own plugins and, from the installed package, by
# everybody else's. What it does, and what happens without it:
#   MODULE, no "lib"          loaded by path, never linked against
#   hidden visibility, a version script
#                             two plugins with the same inline function or singleton would share one object
#   -z defs                   a missing symbol is found now, not when a user's job reaches the call
#   -z now                    the same for symbols of the libraries it links
#   -z nodelete, -fno-gnu-unique
#                             the code stays mapped while thread-exit destructors may still run
set(OPHOST_PLUGIN_MAP "${CMAKE_CURRENT_LIST_DIR}/plugin.map" CACHE INTERNAL
    "Version script of ophost plugins")

function(ophost_add_plugin name)
  cmake_parse_arguments(P "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT P_SOURCES)
    message(FATAL_ERROR "ophost_add_plugin(${name}): SOURCES is empty: name the plugin's .c or .cpp files")
  endif()
  if(P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ophost_add_plugin(${name}): unknown arguments '${P_UNPARSED_ARGUMENTS}': "
                        "the call is ophost_add_plugin(<name> SOURCES ... [LIBRARIES ...])")
  endif()
  add_library(${name} MODULE ${P_SOURCES})
  target_link_libraries(${name} PRIVATE ophost::sdk ${P_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${OPHOST_PLUGIN_MAP}")
  if(NOT CMAKE_CXX_STANDARD)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
  endif()
  if(NOT CMAKE_C_STANDARD)
    set_target_properties(${name} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
  endif()
  target_compile_options(${name} PRIVATE
    -Wall -Wextra $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${OPHOST_PLUGIN_MAP}"
    LINKER:-z,defs LINKER:-z,nodelete LINKER:-z,now)
endfunction()
