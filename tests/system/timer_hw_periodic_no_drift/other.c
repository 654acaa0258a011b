void PartitionMain(void)
{
    for (;;) {
    }
}
