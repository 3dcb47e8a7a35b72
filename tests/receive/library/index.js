// stands for the build for a script tag
