// Glibc's Swift module leaves these headers out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Declared by Glibc only under _GNU_SOURCE, which Swift's import of it does not set.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
