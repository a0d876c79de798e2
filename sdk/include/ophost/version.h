/* The only place where a version of ophost is written. CMake, the host, the plugins and the docs read it here. */
#ifndef OPHOST_VERSION_H
#define OPHOST_VERSION_H

#define OPHOST_VERSION_MAJOR 1
#define OPHOST_VERSION_MINOR 0
#define OPHOST_VERSION_PATCH 0
#define OPHOST_VERSION "1.0.0"

#endif
