# Commit of the checkout, for `rote version` and the provenance. Asked at every build, so that a commit
# without a configure is noticed; the header changes only when the answer does.
add_custom_target(rote_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${CMAKE_BINARY_DIR}/generated/rote_commit.h
          -P ${CMAKE_SOURCE_DIR}/cmake/WriteCommit.cmake
  BYPRODUCTS ${CMAKE_BINARY_DIR}/generated/rote_commit.h)
