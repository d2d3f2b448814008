# Flags that every target of the project shares.
add_library(rote_options INTERFACE)
target_include_directories(rote_options INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(rote_options INTERFACE _GNU_SOURCE)
# -ffp-contract=fast lets the compiler use fused multiply-add where the source has a*b+c. It is a fixed
# choice of the build, so bits stay reproducible; -ffast-math is never used.
target_compile_options(rote_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi
  -ffp-contract=fast -fno-math-errno)
if(ROTE_WARNINGS_AS_ERRORS)
  target_compile_options(rote_options INTERFACE -Werror)
endif()
if(ROTE_SANITIZE)
  # -g1: lines are what their reports need.
  target_compile_options(rote_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(rote_options INTERFACE -fsanitize=address,undefined)
endif()
target_link_libraries(rote_options INTERFACE m)

# rote_add_library(core SOURCES a.c b.c PUBLIC libs... PRIVATE libs...)
function(rote_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(rote_${name} STATIC ${ARG_SOURCES})
  target_include_directories(rote_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(rote_${name} PUBLIC rote_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()
