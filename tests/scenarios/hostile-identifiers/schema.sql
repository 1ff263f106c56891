CREATE TABLE `we``ird` (`we``ird` INT NOT NULL, `key` INT NOT NULL, `v,we``ird` VARCHAR(20), PRIMARY KEY (`we``ird`, `key`));
CREATE TABLE `has space` (`has space` INT NOT NULL, `key` INT NOT NULL, `v,has space` VARCHAR(20), PRIMARY KEY (`has space`, `key`));
CREATE TABLE `dot.ted` (`dot.ted` INT NOT NULL, `key` INT NOT NULL, `v,dot.ted` VARCHAR(20), PRIMARY KEY (`dot.ted`, `key`));
CREATE TABLE `größe` (`größe` INT NOT NULL, `key` INT NOT NULL, `v,größe` VARCHAR(20), PRIMARY KEY (`größe`, `key`));
CREATE TABLE `it's "quoted"` (`it's "quoted"` INT NOT NULL, `key` INT NOT NULL, `v,it's "quoted"` VARCHAR(20), PRIMARY KEY (`it's "quoted"`, `key`));
CREATE TABLE `100%` (`100%` INT NOT NULL, `key` INT NOT NULL, `v,100%` VARCHAR(20), PRIMARY KEY (`100%`, `key`));
CREATE TABLE `select` (`select` INT NOT NULL, `key` INT NOT NULL, `v,select` VARCHAR(20), PRIMARY KEY (`select`, `key`));
CREATE TABLE `new
line` (`new
line` INT NOT NULL, `key` INT NOT NULL, `v,new
line` VARCHAR(20), PRIMARY KEY (`new
line`, `key`));
CREATE TABLE `a/b\c` (`a/b\c` INT NOT NULL, `key` INT NOT NULL, `v,a/b\c` VARCHAR(20), PRIMARY KEY (`a/b\c`, `key`));
CREATE TABLE `-- x; drop` (`-- x; drop` INT NOT NULL, `key` INT NOT NULL, `v,-- x; drop` VARCHAR(20), PRIMARY KEY (`-- x; drop`, `key`));
CREATE TABLE `#[]{}*?` (`#[]{}*?` INT NOT NULL, `key` INT NOT NULL, `v,#[]{}*?` VARCHAR(20), PRIMARY KEY (`#[]{}*?`, `key`));
