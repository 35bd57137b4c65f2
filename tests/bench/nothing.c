/* Does nothing: measures the start of a program with these libraries. */
int
main(void)
{
	return 0;
}
