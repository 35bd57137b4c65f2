/* Does nothing: what it costs to start a program with these libraries. */
int
main(void)
{
	return 0;
}
