# Options of every target of ours. Contraction is off: the same expression gives the same bits in every file.
function(halftone_compile_options target)
  # -Wrestrict: GCC 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651).
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> -ffp-contract=off -fno-math-errno)
  if(HALFTONE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(HALFTONE_SANITIZE)
    target_compile_options(${target} PRIVATE -O1 -g1 -fsanitize=${HALFTONE_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${HALFTONE_SANITIZE})
  endif()
endfunction()
