/* assert.h - checks of debug builds (-D_DEBUG_): a false one halts the partition
 *
 * No include guard: as in C, each inclusion takes the present state of _DEBUG_ and NDEBUG. */
#undef assert
#undef ASSERT

#if defined(_DEBUG_) && !defined(NDEBUG)
void xal_assert_failed(const char *expression, const char *file, int line)
    __attribute__((noreturn));
#define assert(expression)                                                                         \
    ((expression) ? (void)0 : xal_assert_failed(#expression, __FILE__, __LINE__))
#else
#define assert(expression) ((void)0)
#endif
#define ASSERT(expression) assert(expression)
