void PartitionMain(void)
{
}
