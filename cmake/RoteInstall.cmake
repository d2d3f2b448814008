# What cmake --install puts where (GNUInstallDirs). The scripts find the program from where they lie, so the tree below
# the prefix can be moved as a whole.
include(GNUInstallDirs)
set(ROTE_SHARE ${CMAKE_INSTALL_DATADIR}/rote)

# Libraries outside of the system's directories are found again without LD_LIBRARY_PATH.
set_target_properties(rote PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS rote RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY jobs/ DESTINATION ${ROTE_SHARE}/jobs USE_SOURCE_PERMISSIONS FILES_MATCHING
  PATTERN *.yaml PATTERN *.sbatch PATTERN data/* PATTERN submit.sh PATTERN fetch-mnist.sh
  PATTERN modulefiles EXCLUDE PATTERN spack EXCLUDE PATTERN easybuild EXCLUDE)
install(FILES README.md LICENSE jobs/CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What the program prints of itself cannot disagree with it.
function(rote_add_printed file destination)
  set(output ${CMAKE_BINARY_DIR}/printed/${file})
  add_custom_command(OUTPUT ${output} COMMAND rote help ${ARGN} > ${output} DEPENDS rote VERBATIM)
  set_property(GLOBAL APPEND PROPERTY ROTE_PRINTED ${output})
  install(FILES ${output} DESTINATION ${destination})
endfunction()

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/printed/bash)
rote_add_printed(rote.1 ${CMAKE_INSTALL_MANDIR}/man1 --mdoc rote)
rote_add_printed(rote-study.5 ${CMAKE_INSTALL_MANDIR}/man5 --mdoc study)
rote_add_printed(bash/rote ${CMAKE_INSTALL_DATADIR}/bash-completion/completions --bash-completion)
get_property(ROTE_PRINTED GLOBAL PROPERTY ROTE_PRINTED)
add_custom_target(printed ALL DEPENDS ${ROTE_PRINTED})

# The modulefile says the prefix, which is known only now: cmake --install has --prefix.
install(CODE "set(ROTE_BINDIR ${CMAKE_INSTALL_BINDIR})
set(ROTE_SHARE ${ROTE_SHARE})
set(ROTE_MANDIR ${CMAKE_INSTALL_MANDIR})
set(ROTE_VERSION ${PROJECT_VERSION})
configure_file(${CMAKE_SOURCE_DIR}/cmake/modulefile.in ${CMAKE_BINARY_DIR}/modulefile @ONLY)
file(INSTALL ${CMAKE_BINARY_DIR}/modulefile DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${ROTE_SHARE}/modulefiles\" RENAME rote)")
