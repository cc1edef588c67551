"""Gate room: may this data be trained on?"""
