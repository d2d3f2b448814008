# rote_add_vector_kernels(target file.c...)
#
# Compiles each file once per instruction set with ROTE_ISA set to its suffix; the program picks the best
# one the processor has when it starts (src/core/isa.c), so one binary is fast on every node of a cluster.
#
# rote_add_kernels_for(isa target file.c...) adds one instruction set, also one that is not a level: vnni has
# products of bytes, which few files have a use for.
set(ROTE_ISA_LIST base)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(ROTE_ISA_LIST base v3 v4)
  set(ROTE_ISA_FLAGS_v3 -march=x86-64-v3)
  set(ROTE_ISA_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)
  set(ROTE_ISA_FLAGS_vnni ${ROTE_ISA_FLAGS_v4} -mavx512vnni)
endif()

# The sanitizers see the same accesses at -O2, and -O3 takes two to six times as long to compile with them.
set(ROTE_KERNEL_LEVEL -O3)
if(ROTE_SANITIZE)
  set(ROTE_KERNEL_LEVEL -O2)
endif()

function(rote_add_kernels_for isa target)
  add_library(${target}_${isa} OBJECT ${ARGN})
  target_include_directories(${target}_${isa} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src/core)
  target_include_directories(${target}_${isa} SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
  target_compile_definitions(${target}_${isa} PRIVATE ROTE_ISA=${isa})
  target_compile_options(${target}_${isa} PRIVATE ${ROTE_KERNEL_LEVEL} ${ROTE_ISA_FLAGS_${isa}})
  target_link_libraries(${target}_${isa} PRIVATE rote_options)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
endfunction()

function(rote_add_vector_kernels target)
  foreach(isa ${ROTE_ISA_LIST})
    rote_add_kernels_for(${isa} ${target} ${ARGN})
  endforeach()
endfunction()
