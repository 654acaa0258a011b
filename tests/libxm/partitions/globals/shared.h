/* One variable defined in a header that two files include, as compilers before gcc 10 accepted. */
int shared_count;
static inline int twice(int n)
{
    return 2 * n;
}
