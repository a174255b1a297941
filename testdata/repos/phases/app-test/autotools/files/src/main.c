#include <stdio.h>

#include "config.h"

int main(void)
{
	puts("not patched");
	return 0;
}
