# cmake -DBUILD=<build tree> -DSOURCE=<source tree> -DWORK=<scratch> -DCC=... -DCXX=... -P install_test.cmake
# What a stranger does: installs the SDK, copies the C example and the template elsewhere, builds both with
# find_package, runs the template's test.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "'${ARGV}' failed with ${status}:\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(ENV{DESTDIR} "")
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
foreach(project c template)
  if(project STREQUAL c)
    file(COPY ${WORK}/prefix/share/ophost/examples/c DESTINATION ${WORK})
  else()
    file(COPY ${WORK}/prefix/share/ophost/template DESTINATION ${WORK})
  endif()
  run(${CMAKE_COMMAND} -S ${WORK}/${project} -B ${WORK}/${project}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
      -DCMAKE_C_COMPILER=${CC} -DCMAKE_CXX_COMPILER=${CXX} -Wno-dev)
  file(STRINGS ${WORK}/${project}/build/CMakeCache.txt found REGEX "^ophost-sdk_DIR")
  if(NOT found MATCHES "${WORK}/prefix")
    message(FATAL_ERROR "find_package took another SDK: ${found}")
  endif()
  run(${CMAKE_COMMAND} --build ${WORK}/${project}/build)
endforeach()
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/template/build --output-on-failure --no-tests=error)
run(${CMAKE_COMMAND} "-DDIRS=${WORK}/c/build,${WORK}/template/build" -DNM=${NM} -DREADELF=${READELF}
    -P ${SOURCE}/tests/abi/check_plugin.cmake)
