// stands for the build for the snippet
